"""Descriptors: which numbers they get."""

import unittest

import support

# With standard input closed 0 is free, and with 5 closed that is the next.
LOWEST = """
import os, socket
pairs = socket.socketpair() + socket.socketpair()
os.close(0)
made = [socket._socket.dup(pairs[0].fileno())]
os.close(pairs[2].detach())
made += [socket._socket.dup(pairs[0].fileno()), pairs[1].dup().detach()]
print(made, [os.get_inheritable(number) for number in made])
"""


class Numbers(unittest.TestCase):
    def test_a_duplicate_has_the_lowest_that_is_free(self):
        by_c, by_us = (support.run_code(LOWEST, env=support.environment(ours)) for ours in (False, True))
        self.assertEqual(by_us, by_c)
        self.assertTrue(by_us[1].startswith("[0, "), by_us)


if __name__ == "__main__":
    unittest.main()
