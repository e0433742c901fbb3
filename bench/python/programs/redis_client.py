"""python redis_client.py PORT WARM_UP SECONDS: SET and GET over TCP with a timeout."""

import itertools
import sys

import redis
import turns

client = redis.Redis(port=int(sys.argv[1]), socket_timeout=30)
numbers = itertools.count()


def ask():
    number = next(numbers)
    client.set("key", number)
    return 2, int(client.get("key")) != number


turns.play(ask, *sys.argv[2:])
