"""redis against a real redis-server: over TCP and over a Unix socket, pipelines, large values, a timeout."""

import contextlib
import pathlib
import subprocess
import tempfile
import threading
import time

import common  # noqa: F401  (asserts whose module it is)
import redis

START_SECONDS = 30


@contextlib.contextmanager
def redis_server():
    """A server with its files in a folder of its own; gives a free port of loopback and a path."""
    import socket

    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder, "redis"))
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        places = ["--bind", "127.0.0.1", "--port", str(port), "--unixsocket", path, "--dir", folder]
        command = ["redis-server", *places, "--save", ""]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            until_it_answers(path, server)
            yield port, path
        finally:
            server.terminate()
            server.wait(30)


def until_it_answers(path, server):
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            redis.Redis(unix_socket_path=path, socket_timeout=5).ping()
            return
        except redis.ConnectionError:
            if server.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.01)


def use(client):
    client.flushall()
    for number in range(200):
        client.set(f"key-{number}", number)
    assert [int(client.get(f"key-{number}")) for number in range(200)] == list(range(200))
    with client.pipeline() as pipeline:
        for _ in range(1000):
            pipeline.incr("count")
        assert pipeline.execute()[-1] == 1000
    large = bytes(range(256)) * 20000
    client.set("large", large)
    assert client.get("large") == large
    try:
        client.blpop("nobody", timeout=20)
    except redis.TimeoutError:
        pass
    else:
        raise AssertionError("no timeout")


def publish(client):
    listener = client.pubsub()
    listener.subscribe("channel")
    assert listener.get_message(timeout=20)["type"] == "subscribe"
    thread = threading.Thread(target=client.publish, args=("channel", "news"))
    thread.start()
    assert listener.get_message(timeout=20)["data"] == b"news"
    thread.join(60)
    listener.close()


with redis_server() as (port, path):
    for place in ({"port": port}, {"unix_socket_path": path}):
        with redis.Redis(socket_timeout=0.5, retry=None, **place) as client:
            use(client)
        with redis.Redis(**place) as client:
            publish(client)
