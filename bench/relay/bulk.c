// Both ends of a bulk transfer over TCP on 127.0.0.1.
//
//     bulk send PORT SECONDS      connects, sends for so long, ends, and waits for the other side's end
//     bulk sink PORT copy         takes one connection after the other, and reads each to its end
//     bulk sink PORT discard      the same, but the kernel throws the bytes away (MSG_TRUNC, tcp(7))
//
// The sink prints a JSON line for each connection: its bytes, and the seconds from the first of them to the end.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 256 * 1024 };

static char buffer[PIECE];

static void check(long result, const char *what)
{
    if (result < 0) {
        perror(what);
        exit(1);
    }
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct sockaddr_in place(const char *port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons((unsigned short)atoi(port)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
}

static void send_for(const char *port, double seconds)
{
    struct sockaddr_in there = place(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(fd, "socket");
    check(connect(fd, (struct sockaddr *)&there, sizeof there), "connect");
    double ends = now() + seconds;
    while (now() < ends)
        check(send(fd, buffer, PIECE, MSG_NOSIGNAL), "send");
    check(shutdown(fd, SHUT_WR), "shutdown");
    // Its end, or a reset: the sink that discards TLS records cannot say that it is done.
    (void)!recv(fd, buffer, 1, 0);
}

static void take_all(int fd, bool discards)
{
    double begun = 0;
    uint64_t bytes = 0;
    for (;;) {
        ssize_t length = recv(fd, buffer, PIECE, discards ? MSG_TRUNC : 0);
        if (length <= 0)
            break;
        if (!bytes)
            begun = now();
        bytes += (uint64_t)length;
    }
    // Some connect to see whether anybody listens.
    if (!bytes)
        return;
    printf("{\"bytes\": %llu, \"seconds\": %.6f}\n", (unsigned long long)bytes, now() - begun);
    fflush(stdout);
}

static void serve(const char *port, bool discards)
{
    struct sockaddr_in here = place(port);
    int door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    check(door, "socket");
    check(setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one), "SO_REUSEADDR");
    check(bind(door, (struct sockaddr *)&here, sizeof here), "bind");
    check(listen(door, 16), "listen");
    for (;;) {
        int fd = accept4(door, NULL, NULL, SOCK_CLOEXEC);
        check(fd, "accept4");
        take_all(fd, discards);
        close(fd);
    }
}

int main(int count, char **words)
{
    if (count == 4 && strcmp(words[1], "send") == 0) {
        send_for(words[2], atof(words[3]));
        return 0;
    }
    if (count == 4 && strcmp(words[1], "sink") == 0)
        serve(words[2], strcmp(words[3], "discard") == 0);
    fprintf(stderr, "usage: bulk send PORT SECONDS | bulk sink PORT copy|discard\n");
    return 2;
}
