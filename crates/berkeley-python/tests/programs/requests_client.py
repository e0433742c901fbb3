"""requests: a session that keeps its connection, a large body, a timeout, a refusal."""

import common
import requests

with common.http_server() as place, requests.Session() as session:
    for number in range(50):
        assert session.get(f"{place}/{number}", timeout=30).text == f"/{number}"
    body = bytes(range(256)) * 8000
    assert session.post(place, data=body, timeout=30).content == body
    try:
        session.get(f"{place}/slow", timeout=0.1)
    except requests.exceptions.ReadTimeout:
        pass
    else:
        raise AssertionError("no timeout")
try:
    requests.get(place, timeout=30)
except requests.exceptions.ConnectionError as error:
    assert "Connection refused" in str(error), error
else:
    raise AssertionError("somebody answers")
