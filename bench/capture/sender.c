// The flood of the capture bench: datagrams of SIZE bytes to a port of 127.0.0.1 that this program has bound and never
// reads, so that what does not fit its queue is dropped there.
//
//     sender SIZE SECONDS
//
// It prints how many datagrams were sent, and in how many nanoseconds.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 64, LONGEST = 1400 };

static void die(const char *what)
{
    fprintf(stderr, "sender: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

int main(int count, char **words)
{
    if (count != 3) {
        fprintf(stderr, "usage: sender SIZE SECONDS\n");
        return 2;
    }
    size_t size = strtoul(words[1], NULL, 10);
    double seconds = strtod(words[2], NULL);
    if (size > LONGEST || !(seconds > 0 && seconds <= 60)) {
        fprintf(stderr, "sender: at most %d bytes and 60 s\n", LONGEST);
        return 2;
    }
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    int sink = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), from = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (sink < 0 || from < 0)
        die("socket");
    if (bind(sink, (struct sockaddr *)&address, length) < 0)
        die("bind");
    if (getsockname(sink, (struct sockaddr *)&address, &length) < 0)
        die("getsockname");
    if (connect(from, (struct sockaddr *)&address, length) < 0)
        die("connect");

    static unsigned char bytes[LONGEST];
    struct iovec part = { .iov_base = bytes, .iov_len = size };
    struct mmsghdr messages[BATCH] = { 0 };
    for (size_t i = 0; i < BATCH; i++) {
        messages[i].msg_hdr.msg_iov = &part;
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    uint64_t sent = 0, begun = now(), end = begun + (uint64_t)(seconds * 1e9), time;
    do {
        int taken = sendmmsg(from, messages, BATCH, 0);
        if (taken < 0 && errno != ENOBUFS && errno != EINTR)
            die("sendmmsg");
        if (taken > 0)
            sent += (uint64_t)taken;
        time = now();
    } while (time < end);
    printf("%llu %llu\n", (unsigned long long)sent, (unsigned long long)(time - begun));
    return 0;
}
