// A bare TCP echo server, the yardstick of this bench: one thread, level-triggered epoll, one buffer
// shared by all connections, one recv and one send for each piece.
//
//     epoll PORT        listens on 127.0.0.1:PORT until a signal ends it
//
// Connections are named by their descriptor in epoll's data. Only one that cannot take its reply at
// once owns memory, until the reply is gone; nothing more is read from it meanwhile.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    EVENTS = 256,
    BUFFER = 64 * 1024,
    BACKLOG = 4096,
    MAX_DESCRIPTORS = 1 << 20,
};

// The part of a reply that the socket would not take.
struct unsent {
    size_t length, offset;
    char bytes[];
};

static char buffer[BUFFER];
// By descriptor; NULL for nearly all of them, and pages that are never touched cost nothing.
static struct unsent *unsent_of[MAX_DESCRIPTORS];
static int epoll;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void watch(int operation, int fd, unsigned events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll_ctl(epoll, operation, fd, &event) < 0)
        die("epoll_ctl");
}

static void drop(int fd)
{
    free(unsent_of[fd]);
    unsent_of[fd] = NULL;
    close(fd);
}

static void keep_unsent(int fd, const char *bytes, size_t length)
{
    struct unsent *unsent = malloc(sizeof *unsent + length);
    if (!unsent)
        die("malloc");
    unsent->length = length;
    unsent->offset = 0;
    memcpy(unsent->bytes, bytes, length);
    unsent_of[fd] = unsent;
    watch(EPOLL_CTL_MOD, fd, EPOLLOUT);
}

static void send_unsent(int fd)
{
    struct unsent *unsent = unsent_of[fd];
    ssize_t sent = send(fd, unsent->bytes + unsent->offset, unsent->length - unsent->offset, MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno != EAGAIN && errno != EINTR)
            drop(fd);
        return;
    }
    unsent->offset += (size_t)sent;
    if (unsent->offset < unsent->length)
        return;
    free(unsent);
    unsent_of[fd] = NULL;
    watch(EPOLL_CTL_MOD, fd, EPOLLIN);
}

static void echo(int fd)
{
    ssize_t received = recv(fd, buffer, sizeof buffer, 0);
    if (received <= 0) {
        if (received == 0 || (errno != EAGAIN && errno != EINTR))
            drop(fd);
        return;
    }
    ssize_t sent = send(fd, buffer, (size_t)received, MSG_NOSIGNAL);
    if (sent == received)
        return;
    if (sent < 0) {
        if (errno != EAGAIN && errno != EINTR) {
            drop(fd);
            return;
        }
        sent = 0;
    }
    keep_unsent(fd, buffer + sent, (size_t)(received - sent));
}

static void accept_one(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        // The client may be gone again; anything else (no descriptors left) would spin.
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
            die("accept4");
        return;
    }
    if (fd >= MAX_DESCRIPTORS) {
        close(fd);
        return;
    }
    watch(EPOLL_CTL_ADD, fd, EPOLLIN);
}

static int listen_on(unsigned short port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0)
        die("socket");
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) < 0)
        die("setsockopt SO_REUSEADDR");
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0)
        die("bind");
    if (listen(listener, BACKLOG) < 0)
        die("listen");
    return listener;
}

int main(int argc, char **argv)
{
    char *end = NULL;
    long port = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    if (!end || *end || port < 1 || port > 65535) {
        fprintf(stderr, "usage: epoll PORT\n");
        return 2;
    }
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0)
        die("epoll_create1");
    int listener = listen_on((unsigned short)port);
    watch(EPOLL_CTL_ADD, listener, EPOLLIN);

    struct epoll_event events[EVENTS];
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS, -1);
        if (count < 0 && errno != EINTR)
            die("epoll_wait");
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == listener)
                accept_one(fd);
            else if (unsent_of[fd])
                send_unsent(fd);
            else
                echo(fd);
        }
    }
}
