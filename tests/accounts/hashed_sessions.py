"""A store of sessions as projects have them: the table has a digest where others have the key."""

import hashlib

from django.contrib.sessions.backends.db import SessionStore as TableStore


def digest(key):
    return hashlib.sha256((key or "").encode()).hexdigest()[:40]


class SessionStore(TableStore):
    """Looks up, saves and deletes under the digest."""

    def _get_session_from_db(self):
        found = self.model.objects.filter(session_key=digest(self.session_key)).first()
        if found is None:
            self._session_key = None
        return found

    def create_model_instance(self, data):
        made = super().create_model_instance(data)
        made.session_key = digest(self.session_key)
        return made

    def delete(self, session_key=None):
        key = session_key or self.session_key
        self.model.objects.filter(session_key=digest(key)).delete()
