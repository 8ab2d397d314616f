"""Ports of platforms side by side."""

from concurrent.futures import ThreadPoolExecutor

from deploy.local.ports import free_ports


def test_who_asks_at_the_same_time_is_given_other_ports_and_none_that_was_given_out_of_late() -> None:
    with ThreadPoolExecutor(4) as several:
        given = [port for ports in several.map(free_ports, [30] * 8) for port in ports]

    assert len(set(given)) == len(given) == 240
