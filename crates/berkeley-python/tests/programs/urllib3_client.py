"""urllib3: a pool used by several threads, streamed answers, a timeout, retries that end."""

import concurrent.futures

import common
import urllib3

with common.http_server() as place:
    pool = urllib3.PoolManager(maxsize=4, timeout=urllib3.Timeout(connect=30, read=30))
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda number: pool.request("GET", f"{place}/{number}").data, range(100)))
    assert answers == [f"/{number}".encode() for number in range(100)]
    body = bytes(3_000_000)
    answer = pool.request("POST", place, body=body, preload_content=False)
    assert b"".join(answer.stream(65536)) == body
    answer.release_conn()
    try:
        pool.request("GET", f"{place}/slow", timeout=0.1, retries=False)
    except urllib3.exceptions.ReadTimeoutError:
        pass
    else:
        raise AssertionError("no timeout")
try:
    pool.request("GET", place, retries=1)
except urllib3.exceptions.MaxRetryError as error:
    assert isinstance(error.reason, urllib3.exceptions.NewConnectionError), error.reason
else:
    raise AssertionError("somebody answers")
