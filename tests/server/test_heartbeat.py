from hubbub.server.heartbeat import SLOTS, Heartbeat


class Timer:
    def __init__(self, due, call):
        self.due = due
        self.call = call
        self.cancelled = False

    def cancel(self):
        self.cancelled = True


class Loop:
    """A loop whose time passes when it is told to."""

    def __init__(self):
        self.now = 0.0
        self.timers = []

    def time(self):
        return self.now

    def call_later(self, delay, call):
        timer = Timer(self.now + delay, call)
        self.timers.append(timer)
        return timer

    def pass_time(self, seconds):
        end = self.now + seconds
        while due := [timer for timer in self.waiting() if timer.due <= end + 1e-9]:
            timer = min(due, key=lambda timer: timer.due)
            self.timers.remove(timer)
            self.now = timer.due
            timer.call()
        self.now = end

    def waiting(self):
        return [timer for timer in self.timers if not timer.cancelled]


class Member:
    """Notes when it is asked to beat; may leave at that moment."""

    def __init__(self, loop, leaves=None):
        self.loop = loop
        self.leaves = leaves
        self.beats = []

    def beat(self):
        self.beats.append(round(self.loop.now, 6))
        if self.leaves is not None:
            heartbeat, place = self.leaves
            heartbeat.remove(self, place)


def test_every_member_beats_once_an_interval():
    loop = Loop()
    heartbeat = Heartbeat(loop, 20.0)
    early, late = Member(loop), Member(loop)
    heartbeat.add(early)
    loop.pass_time(5.0)
    heartbeat.add(late)
    loop.pass_time(40.0)
    assert early.beats == [20.0, 40.0]
    assert late.beats == [25.0, 45.0]


def test_the_first_beat_is_a_whole_interval_away_wherever_the_round_stands():
    loop = Loop()
    heartbeat = Heartbeat(loop, float(SLOTS))
    heartbeat.add(Member(loop))
    for _ in range(SLOTS + 3):
        member = Member(loop)
        heartbeat.add(member)
        joined = loop.now
        loop.pass_time(1.0)
        assert member.beats == []
        member.joined = joined
    loop.pass_time(SLOTS)
    assert member.beats == [member.joined + SLOTS]


def test_whoever_left_beats_no_more():
    loop = Loop()
    heartbeat = Heartbeat(loop, 20.0)
    here, gone = Member(loop), Member(loop)
    heartbeat.add(here)
    heartbeat.remove(gone, heartbeat.add(gone))
    loop.pass_time(20.0)
    assert (here.beats, gone.beats) == ([20.0], [])


def test_one_timer_goes_round_for_everybody_and_none_for_nobody():
    loop = Loop()
    heartbeat = Heartbeat(loop, 20.0)
    members = [Member(loop) for _ in range(50)]
    places = [heartbeat.add(member) for member in members]
    assert len(loop.waiting()) == 1
    for member, place in zip(members, places, strict=True):
        heartbeat.remove(member, place)
    assert loop.waiting() == []
    heartbeat.add(members[0])
    assert len(loop.waiting()) == 1


def test_a_member_may_leave_while_it_beats():
    loop = Loop()
    heartbeat = Heartbeat(loop, 20.0)
    leaving, staying = Member(loop), Member(loop)
    leaving.leaves = (heartbeat, heartbeat.add(leaving))
    heartbeat.add(staying)
    loop.pass_time(60.0)
    assert leaving.beats == [20.0]
    assert staying.beats == [20.0, 40.0, 60.0]


def test_the_last_one_may_leave_while_it_beats():
    loop = Loop()
    heartbeat = Heartbeat(loop, 20.0)
    member = Member(loop)
    member.leaves = (heartbeat, heartbeat.add(member))
    loop.pass_time(60.0)
    assert member.beats == [20.0]
    assert loop.waiting() == []


def test_without_an_interval_nobody_is_asked():
    loop = Loop()
    heartbeat = Heartbeat(loop, None)
    member = Member(loop)
    place = heartbeat.add(member)
    assert loop.waiting() == []
    heartbeat.remove(member, place)
