// A bare UDP echo server, the yardstick of this bench for datagrams: one recvfrom and one sendto for each.
//
//     loop PORT         listens on 127.0.0.1:PORT until a signal ends it

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static char buffer[64 * 1024];

static void die(const char *what)
{
    perror(what);
    exit(1);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: loop PORT\n");
        return 2;
    }
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((unsigned short)atoi(argv[1])),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        die("socket");
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
        die("bind");
    for (;;) {
        struct sockaddr_in peer;
        socklen_t length = sizeof peer;
        ssize_t received = recvfrom(fd, buffer, sizeof buffer, 0, (struct sockaddr *)&peer, &length);
        // An earlier answer came back as refused: its reader has gone.
        if (received < 0 && (errno == ECONNREFUSED || errno == EINTR))
            continue;
        if (received < 0)
            die("recvfrom");
        if (sendto(fd, buffer, (size_t)received, 0, (struct sockaddr *)&peer, length) < 0 && errno != ECONNREFUSED)
            die("sendto");
    }
}
