"""Packets: captured, taken apart, built, read from files."""

import asyncio
import fcntl
import gc
import os
import pathlib
import socket as standard
import struct
import tempfile
import termios
import threading
import time
import unittest

import berkeley
import support

SECONDS = support.WAIT_SECONDS

# IPv4 and UDP, from 127.0.0.1:12345 to 127.0.0.2:9, with two bytes.
UDP = bytes.fromhex("4500001e00000000401100007f0000017f00000230390009000a0000") + b"hi"
NAMES = ["capture", "craft", "decode", "pcap", "Capture", "Layer", "Packet", "Pcap"]


def unread_is(pipe, count):
    """Whether so many bytes wait in the pipe (ioctl(2) `FIONREAD`)."""
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0] == count


def file_of(*packets):
    """A file of pcap, nanoseconds, raw IP."""
    def record(number, packet):
        return struct.pack("<IIII", 1_700_000_000 + number, 5, len(packet), len(packet)) + packet

    records = (record(number, packet) for number, packet in enumerate(packets))
    return struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 101) + b"".join(records)


class Decoding(unittest.TestCase):
    def test_the_names_are_public(self):
        for name in NAMES:
            self.assertIn(name, berkeley.__all__)
            self.assertTrue(callable(getattr(berkeley, name)))

    def test_fields_are_had_by_name_and_by_layer(self):
        for data in (UDP, bytearray(UDP), memoryview(UDP)):
            packet = berkeley.decode(data, "raw")
            self.assertEqual([layer.name for layer in packet.layers], ["ip", "udp", "data"])
            self.assertEqual((packet["ip.dst"], packet["udp.srcport"]), ("127.0.0.2", 12345))
            self.assertIs(packet["ip.flags.df"], False)
            self.assertEqual(packet["data.data"], b"hi")
            ip, udp, _ = packet.layers
            self.assertEqual((ip["ttl"], ip["ip.ttl"], udp.payload), (64, 64, b"hi"))
            self.assertEqual(udp.fields["udp.dstport"], 9)
            self.assertEqual((ip.title, len(ip.header), bytes(packet)), ("Internet Protocol, version 4", 20, UDP))

    def test_what_it_does_not_have_is_a_key_error_or_the_default(self):
        packet = berkeley.decode(UDP, 101)
        with self.assertRaisesRegex(KeyError, "tcp.port"):
            packet["tcp.port"]
        with self.assertRaises(KeyError):
            packet.layers[0]["nothing"]
        self.assertEqual((packet.get("tcp.port"), packet.get("tcp.port", 7), packet.get("ip.ttl", 7)), (None, 7, 64))
        self.assertTrue("udp" in packet and "ip.ttl" in packet and "tcp" not in packet)
        self.assertEqual(packet.all("ip.ttl"), [64])

    def test_a_broken_packet_says_where_and_keeps_what_stands_before(self):
        packet = berkeley.decode(UDP[:24], "raw")
        self.assertEqual(packet["udp.dstport"], 9)
        self.assertRegex(packet.problem, r"^(ip\.len|udp\.length) at byte \d+: ")
        self.assertIsNone(berkeley.decode(UDP[:24], "raw", length=len(UDP)).get("udp.checksum"))
        for length in range(len(UDP)):
            berkeley.decode(UDP[:length], "raw").json()

    def test_a_link_type_that_is_none_is_a_value_error(self):
        for link in ("ethernet2", "", "70000"):
            with self.assertRaisesRegex(ValueError, "wants ethernet, raw, .* or a number"):
                berkeley.decode(UDP, link)
        with self.assertRaises(TypeError):
            berkeley.decode("text")
        with self.assertRaises((TypeError, OverflowError)):
            berkeley.decode(UDP, 1.5)

    def test_it_is_shown_as_the_command_shows_it(self):
        packet = berkeley.decode(UDP, "raw")
        self.assertIn("127.0.0.1:12345 > 127.0.0.2:9", str(packet))
        self.assertIn("127.0.0.1:12345 > 127.0.0.2:9", repr(packet))
        self.assertIn("Time to live", packet.boxes(80))
        self.assertIn('"ip.ttl":64', packet.json())


class Crafting(unittest.TestCase):
    def test_what_is_built_is_what_is_told(self):
        built = berkeley.craft('ip(src=10.0.0.1,dst=10.0.0.2,ttl=3)/udp(srcport=1,dstport=2)/"hello"')
        packet = berkeley.decode(built, "raw")
        self.assertEqual((packet["ip.ttl"], packet["udp.length"], packet["data.data"]), (3, 13, b"hello"))
        self.assertIsNone(packet.problem)
        self.assertEqual(berkeley.craft(packet.craft()), built)

    def test_a_fault_stands_under_a_caret(self):
        with self.assertRaises(ValueError) as caught:
            berkeley.craft("ip(tttl=3)")
        self.assertIn("^", str(caught.exception))
        self.assertIn("ttl", str(caught.exception))


class Files(unittest.TestCase):
    def file(self, data):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name, "capture")
        path.write_bytes(data)
        return path

    def test_packets_come_with_their_times(self):
        path = self.file(file_of(UDP, UDP[:24]))
        for place in (path, str(path)):
            packets = list(berkeley.pcap(place))
            times = [packet.time_ns for packet in packets]
            self.assertEqual(times, [1_700_000_000_000_000_005, 1_700_000_001_000_000_005])
            first = packets[0]
            self.assertEqual((first.time, first.link, first.interface), (1_700_000_000.000000005, 101, None))
            self.assertEqual((packets[0]["ip.ttl"], len(packets[1])), (64, 24))

    def test_a_cut_file_gives_its_whole_packets_and_then_says_where(self):
        packets = berkeley.pcap(self.file(file_of(UDP, UDP)[:-1]))
        self.assertEqual(next(packets)["udp.dstport"], 9)
        with self.assertRaisesRegex(ValueError, r"at byte \d+"):
            next(packets)
        self.assertEqual(list(packets), [])

    def test_a_pipe_holds_no_other_thread_up_and_one_thread_reads_it_at_a_time(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "pipe")
            os.mkfifo(path)
            writer, found = os.open(path, os.O_RDWR), []
            self.addCleanup(os.close, writer)
            content = file_of(UDP, UDP)
            os.write(writer, content[:24])
            packets = berkeley.pcap(path)
            thread = threading.Thread(target=lambda: found.append(next(packets)))
            thread.start()
            with self.assertRaisesRegex(ValueError, "being read already"):
                # Until the thread has begun, this one would wait in its place.
                os.write(writer, content[24:40])
                until = time.monotonic() + SECONDS
                while not unread_is(writer, 0) and time.monotonic() < until:
                    time.sleep(0.001)
                next(packets)
            os.write(writer, content[40:])
            thread.join(SECONDS)
            found.append(next(packets))
            self.assertEqual([packet["udp.length"] for packet in found], [10, 10])

    def test_a_signal_handler_ends_the_wait_for_a_pipe(self):
        code = """
        import berkeley, os, signal, sys, threading
        def stop(*_):
            raise InterruptedError("stopped")
        signal.signal(signal.SIGALRM, stop)
        os.mkfifo("pipe")
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        try:
            berkeley.pcap("pipe")
        except InterruptedError as error:
            print(error)
        writer = os.open("pipe", os.O_RDWR)
        os.write(writer, bytes.fromhex(sys.argv[1]))
        packets = berkeley.pcap("pipe")
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        try:
            next(packets)
        except InterruptedError as error:
            print(error)
        """
        status, output, errors = support.run_code(code, file_of().hex())
        self.assertEqual((status, output), (0, "stopped\nstopped\n"), errors)

    def test_opening_a_file_is_audited_and_its_error_names_it(self):
        code = """
        import berkeley, sys
        def hook(event, arguments):
            if event == "open" and arguments[0] == "missing.pcap":
                print(event, *arguments[:1])
        sys.addaudithook(hook)
        try:
            berkeley.pcap("missing.pcap")
        except FileNotFoundError as error:
            print(error.filename)
        """
        status, output, errors = support.run_code(code)
        self.assertEqual((status, output), (0, "open missing.pcap\nmissing.pcap\n"), errors)

    def test_what_is_no_capture_is_refused(self):
        with self.assertRaises(ValueError):
            list(berkeley.pcap(self.file(b"#!/bin/sh\n" * 10)))
        with self.assertRaises(FileNotFoundError):
            berkeley.pcap("/nonexistent/capture")


def descriptors():
    return len(os.listdir("/proc/self/fd"))


def may_capture():
    try:
        berkeley.capture("lo").close()
    except PermissionError:
        return False
    return True


class Capturing(unittest.TestCase):
    def setUp(self):
        if not may_capture():
            support.skip(self, "CAP_NET_RAW")
        self.to = standard.socket(standard.AF_INET, standard.SOCK_DGRAM)
        self.to.bind(("127.0.0.1", 0))
        self.addCleanup(self.to.close)
        self.port = self.to.getsockname()[1]

    def capture(self, **more):
        capture = berkeley.capture("lo", filter=f"udp and dst port {self.port}", **more)
        self.addCleanup(capture.close)
        return capture

    def send(self, *texts):
        with standard.socket(standard.AF_INET, standard.SOCK_DGRAM) as sender:
            for text in texts:
                sender.sendto(text, self.to.getsockname())

    def test_each_packet_comes_once_with_its_time(self):
        with self.capture() as capture:
            self.send(b"one", b"three")
            packets = [next(capture), next(capture)]
            self.assertEqual([packet["udp.length"] for packet in packets], [11, 13])
            self.assertLessEqual(packets[0].time_ns, packets[1].time_ns)
            self.assertEqual((packets[0].interface, capture.dropped), ("lo", 0))
            self.assertGreaterEqual(capture.received, 2)
            self.assertIsNone(capture.next(timeout=0.01))
        self.assertEqual(list(capture), [])
        self.assertEqual(capture.fileno(), -1)

    def test_what_is_longer_than_the_snap_length_is_cut(self):
        capture = self.capture(snap=40)
        self.send(b"x" * 100)
        packet = next(capture)
        self.assertEqual((len(packet), packet.length), (40, 142))

    def test_it_can_be_awaited(self):
        capture = self.capture()

        async def first():
            async for packet in capture:
                return packet

        async def main():
            task = asyncio.create_task(first())
            await asyncio.sleep(0)
            self.send(b"awaited")
            return await asyncio.wait_for(task, SECONDS)

        self.assertEqual(asyncio.run(main())["udp.length"], 15)

    def test_it_waits_with_other_threads_running(self):
        capture, found = self.capture(), []
        thread = threading.Thread(target=lambda: found.append(next(capture)))
        thread.start()
        self.send(b"from the other thread")
        thread.join(SECONDS)
        self.assertEqual(len(found), 1)

    def test_closing_ends_threads_that_wait(self):
        for wait in [lambda capture: list(capture), lambda capture: capture.next(timeout=10 * SECONDS)]:
            capture, ended = self.capture(), []
            threads = [threading.Thread(target=lambda: ended.append(wait(capture))) for _ in range(3)]
            for thread in threads:
                thread.start()
            while capture._waiting._threads < len(threads):
                self.assertTrue(all(thread.is_alive() for thread in threads))
                time.sleep(0.001)
            before = descriptors()
            capture.close()
            for thread in threads:
                thread.join(SECONDS)
            self.assertEqual(ended, [wait(capture)] * 3)
            # The ring's, and both ends of what wakes.
            self.assertEqual(descriptors(), before - 3)

    def test_closing_ends_tasks_that_wait(self):
        async def main(close):
            capture = self.capture()

            async def rest():
                return [packet async for packet in capture]

            tasks = [asyncio.create_task(rest()) for _ in range(2)]
            await asyncio.sleep(0)
            await close(capture)
            return await asyncio.wait_for(asyncio.gather(*tasks), SECONDS)

        async def here(capture):
            capture.close()

        async def in_a_thread(capture):
            await asyncio.to_thread(capture.close)

        for close in [here, in_a_thread]:
            before = descriptors()
            self.assertEqual(asyncio.run(main(close)), [[], []])
            self.assertEqual(descriptors(), before)

    def test_each_of_several_tasks_is_woken(self):
        async def main():
            capture = self.capture()
            tasks = [asyncio.create_task(anext(capture)) for _ in range(2)]
            await asyncio.sleep(0)
            self.send(b"one", b"three")
            packets = await asyncio.wait_for(asyncio.gather(*tasks), SECONDS)
            return sorted(packet["udp.length"] for packet in packets)

        self.assertEqual(asyncio.run(main()), [11, 13])

    def test_a_signal_handler_may_close_it_at_any_moment(self):
        # At the beginning of each of its own functions that a wait or the close itself runs.
        for place in ["next", "wait", "_release", "close", "end"]:
            code = """
            import berkeley, signal, sys
            capture = berkeley.capture("lo")
            signal.signal(signal.SIGUSR1, lambda *_: capture.close())
            def trace(frame, event, _):
                if event == "call" and frame.f_code.co_name == sys.argv[1]:
                    sys.settrace(None)
                    signal.raise_signal(signal.SIGUSR1)
            sys.settrace(trace)
            capture.next(timeout=0.01)
            capture.close()
            print(capture.fileno())
            """
            with self.subTest(place):
                status, output, errors = support.run_code(code, place)
                self.assertEqual((status, output), (0, "-1\n"), errors)

    def test_what_is_not_closed_leaves_no_descriptor(self):
        before = descriptors()
        capture = berkeley.capture("lo")
        self.assertIsNone(capture.next(timeout=0))
        del capture
        gc.collect()
        self.assertEqual(descriptors(), before)

    def test_what_cannot_be_captured_is_refused(self):
        with self.assertRaisesRegex(ValueError, "no interface"):
            berkeley.capture("nosuch0")
        with self.assertRaises(ValueError) as caught:
            berkeley.capture("lo", filter="prot 80")
        self.assertIn("^", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
