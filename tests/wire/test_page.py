from hubbub.wire.page import PAGE_BYTES, count_fitting


def test_as_many_as_fit_go_into_a_page():
    half = PAGE_BYTES // 2
    assert count_fitting([]) == 0
    assert count_fitting([half, half, 1]) == 2
    assert count_fitting([1] * 300) == 300


def test_the_first_goes_into_it_however_long_it_is():
    assert count_fitting([PAGE_BYTES + 1, 1]) == 1
