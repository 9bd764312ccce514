"""examples/packed_feed.py reads what schema/packed.vectors.json says, and takes no harm from anything else."""
import copy
import json
import os
import subprocess
import sys
import unittest
import zlib

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PROGRAM = os.path.join(TOP, "examples", "packed_feed.py")
sys.path.insert(0, os.path.dirname(PROGRAM))
sys.dont_write_bytecode = True
from packed_feed import Unpacker  # noqa: E402

with open(os.path.join(TOP, "schema", "packed.vectors.json"), encoding="utf-8") as f:
    VECTORS = json.load(f)
BASE, RECENT, DELTA = (next(v for v in VECTORS["messages"] if v["topic"] == topic and "text" in v) for topic in ("z/base", "z/recent", "z"))
SMALL = 1 << 16  # a ceiling for damaged messages: there are thousands, and some are bombs


def damaged(message):
    for i in range(len(message)):
        yield message[:i]
        yield message[:i] + bytes([message[i] ^ 1 << i % 8]) + message[i + 1:]


class Vectors(unittest.TestCase):
    def take_all(self, before_each=lambda unpacker, message: None):
        unpacker = Unpacker(VECTORS["max_bytes"])
        for i, vector in enumerate(VECTORS["messages"]):
            message = bytes.fromhex(vector["hex"])
            before_each(unpacker, message)
            outcome, text = unpacker.take(message)
            with self.subTest(message=i, why=vector.get("why")):
                self.assertEqual(outcome, vector["outcome"])
                self.assertEqual(text.decode(), vector.get("text", ""))
                if "id" in vector:
                    self.assertEqual(f"{zlib.crc32(unpacker.dictionary):08x}", vector["id"])
        return i + 1

    def test_every_message_comes_to_what_is_said_of_it(self):
        self.assertGreater(self.take_all(), 20)

    def test_what_is_damaged_changes_nothing_unless_it_can_be_read(self):
        def check(unpacker, message):
            for other in damaged(message):
                victim = copy.copy(unpacker)
                victim.max_bytes = SMALL
                outcome, text = victim.take(other)
                self.assertIn(outcome, ("text", "nothing", "unknown", "bad"))
                self.assertLessEqual(len(text), SMALL)
                if outcome in ("unknown", "bad"):
                    self.assertEqual((victim.dictionary, text), (unpacker.dictionary, b""))

        self.take_all(check)

    def test_a_text_may_be_as_long_as_the_ceiling_and_no_longer(self):
        length = len(BASE["text"].encode())
        for ceiling, outcome in ((length, "text"), (length - 1, "bad")):
            self.assertEqual(Unpacker(ceiling).take(bytes.fromhex(BASE["hex"]))[0], outcome)


class Program(unittest.TestCase):
    def run_with(self, lines):
        done = subprocess.run([sys.executable, "-B", PROGRAM], input="".join(lines), capture_output=True, encoding="utf-8", timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.splitlines()

    def line(self, vector, view="spectator"):
        return f"scoreboard/feed/{view}/{vector['topic']} {vector['hex']}\n"

    def test_it_prints_texts_and_waits_for_the_base(self):
        self.assertEqual(self.run_with([self.line(DELTA), self.line(BASE), self.line(DELTA)]), [BASE["text"], DELTA["text"]])

    def test_a_recent_that_comes_before_its_base_is_printed_behind_it(self):
        self.assertEqual(self.run_with([self.line(RECENT), self.line(BASE), self.line(BASE)]), [BASE["text"], RECENT["text"], BASE["text"]])

    def test_each_view_has_a_dictionary_of_its_own(self):
        self.assertEqual(self.run_with([self.line(BASE), self.line(DELTA, "z"), self.line(BASE, "z"), self.line(DELTA, "z")]),
                         [BASE["text"], BASE["text"], DELTA["text"]])

    def test_what_is_no_packed_message_is_passed_over(self):
        self.assertEqual(self.run_with(["scoreboard/feed/spectator/z/base \n", "scoreboard/feed/spectator/delta 7b7d\n", "\n", self.line(BASE)]),
                         [BASE["text"]])


if __name__ == "__main__":
    unittest.main()
