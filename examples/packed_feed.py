#!/usr/bin/env python3
"""Unpacks the packed feed of a scoreboard. schema/README.md, "The packed feed", is the format, and this file all that a client needs of it.
Python 3.9 or newer and nothing else. Prints what a broker says as lines of JSON:

    mosquitto_sub -h HOST -t 'scoreboard/feed/spectator/z/#' -F '%t %x' | python3 packed_feed.py
"""
import re
import sys
import zlib

TEXT, KEPT, DICTIONARY, BASE = 1, 2, 3, 4  # the kinds of messages
HEAD = 5  # bytes before what the kind says: the kind, and the id of the dictionary
DICTIONARY_MAX = 32506  # bytes


def number(four_bytes):
    return int.from_bytes(four_bytes, "big")


def inflate(packed, dictionary, most):
    """The text of a raw DEFLATE stream that ends where `packed` ends; None if it does not, or if there is more text than `most` bytes.
    A few bytes may stand for gigabytes, so there is a ceiling."""
    stream = zlib.decompressobj(wbits=-15, zdict=dictionary)
    try:
        text = stream.decompress(packed, most + 1)
    except zlib.error:
        return None
    return text if stream.eof and not stream.unused_data and len(text) <= most else None


class Unpacker:
    """One view's feed: bytes of messages in, texts out."""

    def __init__(self, max_bytes=1 << 20):
        self.max_bytes = max_bytes  # of one text
        self.dictionary = b""  # what we and the publisher have in common; the first base brings it
        self.before = b""  # the one that the base before ours had; empty if we had not
        self.before_id = 0  # its id. What was packed with it our base tells already

    def take(self, message):
        """What becomes of a message, and its text: ("text", JSON); ("nothing", b""): no text, and nothing is missed; ("unknown", b""): it
        needs a dictionary that we do not have; ("bad", b""). After the last two wait for the next base, or subscribe to it again."""
        if len(message) <= HEAD or not TEXT <= message[0] <= BASE:
            return "bad", b""
        kind, wanted, rest = message[0], number(message[1:HEAD]), message[HEAD:]
        if kind == BASE:
            return self.take_base(wanted, rest)
        if self.dictionary and wanted == zlib.crc32(self.dictionary):
            return self.take_text(kind, rest)
        if kind == DICTIONARY:
            return "nothing", b""
        if self.dictionary and wanted and wanted == self.before_id:
            return self.unpack(rest, self.before) if self.before else ("nothing", b"")
        return "unknown", b""

    def unpack(self, packed, dictionary):
        text = inflate(packed, dictionary, self.max_bytes)
        return ("bad", b"") if text is None else ("text", text)

    def take_text(self, kind, rest):
        outcome, text = self.unpack(rest, self.dictionary)
        if outcome == "text" and kind != TEXT:
            self.dictionary = (self.dictionary + text)[-DICTIONARY_MAX:]
        return ("nothing", b"") if outcome == "text" and kind == DICTIONARY else (outcome, text)

    def take_base(self, wanted, rest):
        """The id of the dictionary before; a length; so many bytes of a dictionary; and a text that is deflated with it."""
        before_id, end = number(rest[:4]), 8 + number(rest[4:8])
        dictionary = inflate(rest[8:end], b"", DICTIONARY_MAX)
        if not dictionary or zlib.crc32(dictionary) != wanted:
            return "bad", b""
        outcome, text = self.unpack(rest[end:], dictionary)
        if outcome == "text":
            if self.dictionary and zlib.crc32(self.dictionary) == before_id:
                self.before = self.dictionary
            elif self.before_id != before_id:
                self.before = b""
            self.dictionary, self.before_id = dictionary, before_id
        return outcome, text


class Feed:
    """The messages of a view in the order in which they come, which at the beginning is any: what `recent` needs may come behind it."""

    def __init__(self):
        self.unpacker = Unpacker()
        self.recent = b""  # one that waits for its base

    def texts(self, part, message):
        outcome, text = self.unpacker.take(message)
        if outcome == "text":
            yield text
        elif outcome != "nothing":
            print(f"z{part}: {outcome}; waiting for the next base", file=sys.stderr)
        if part == "/recent":
            self.recent = message if outcome == "unknown" else b""
        if part == "/base" and self.recent:
            waiting, self.recent = self.recent, b""
            yield from self.texts("/recent", waiting)


def main():
    feeds = {}
    for line in sys.stdin:
        topic, _, digits = line.rstrip("\n").rpartition(" ")
        match = re.fullmatch(r"(.*/feed/[^/]+)/z(|/base|/recent)", topic)
        if not match or not digits:  # without digits: the broker keeps it no longer
            continue
        for text in feeds.setdefault(match[1], Feed()).texts(match[2], bytes.fromhex(digits)):
            sys.stdout.buffer.write(text + b"\n")
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    try:
        main()
    except (KeyboardInterrupt, BrokenPipeError):
        pass
