// The least that a relay between two TCP sockets can cost: splice(2) in a loop, through a pipe of 1 MiB.
//
//     splice LISTEN_PORT TO_PORT
//
// Takes one connection on 127.0.0.1 after the other, connects each to the other port, and moves what comes from the
// client until its end, by blocking calls. Nothing is passed on in the other direction but the end; there is no limit
// of time, no second client, and no count.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIPE = 1 << 20 };

static void check(int result, const char *what)
{
    if (result < 0) {
        perror(what);
        exit(1);
    }
}

static struct sockaddr_in place(const char *port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons((unsigned short)atoi(port)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
}

static void relay(int from, int to)
{
    int pipe[2];
    check(pipe2(pipe, O_CLOEXEC), "pipe2");
    check(fcntl(pipe[1], F_SETPIPE_SZ, PIPE), "F_SETPIPE_SZ");
    ssize_t held;
    while ((held = splice(from, NULL, pipe[1], NULL, PIPE, SPLICE_F_MOVE)) > 0) {
        while (held > 0) {
            ssize_t moved = splice(pipe[0], NULL, to, NULL, (size_t)held, SPLICE_F_MOVE);
            if (moved <= 0)
                goto end;
            held -= moved;
        }
    }
end:
    shutdown(to, SHUT_WR);
    // The sink's end comes once it has all.
    char byte;
    while (read(to, &byte, 1) > 0)
        continue;
    close(pipe[0]);
    close(pipe[1]);
}

int main(int count, char **words)
{
    if (count != 3) {
        fprintf(stderr, "usage: splice LISTEN_PORT TO_PORT\n");
        return 2;
    }
    struct sockaddr_in here = place(words[1]), there = place(words[2]);
    int door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    check(door, "socket");
    check(setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one), "SO_REUSEADDR");
    check(bind(door, (struct sockaddr *)&here, sizeof here), "bind");
    check(listen(door, 16), "listen");
    for (;;) {
        int client = accept4(door, NULL, NULL, SOCK_CLOEXEC);
        check(client, "accept4");
        int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        check(server, "socket");
        check(connect(server, (struct sockaddr *)&there, sizeof there), "connect");
        relay(client, server);
        close(server);
        close(client);
    }
}
