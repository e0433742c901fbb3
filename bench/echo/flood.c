// The load of the echo bench for datagrams: as many on their way as the server's queue holds, from N sources on
// 127.0.0.1, every echoed byte compared with what was sent.
//
//     flood PORT SOURCES SIZE WARM_UP_SECONDS SECONDS
//
// It speaks with its starter as load.c does: `ready`, then a line of JSON for each line of input. A source sends its
// share of the window in one call and takes what has come back in one, so that the server is what all wait for. A
// datagram that has not come back for 50 ms is lost; it is counted, and its place is free again.

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
#include <unistd.h>

enum {
    // Together: the server's receive buffer, of the system's usual size, holds about 270 small ones.
    WINDOW = 200,
    LONGEST = 1400,
    LOST_NANOSECONDS = 50000000,
    // Latencies are counted in bins of 1 us; what took longer is in the last.
    BINS = 65536,
};

// What stands at the start of a datagram.
struct stamp {
    uint64_t slice, sent;
};

struct source {
    int fd;
    size_t outstanding;
    uint64_t heard;
};

static struct source *sources;
static size_t source_count, size, share;
static uint64_t errors, slice, requests, lost;
static uint64_t latencies[BINS];
static unsigned char outgoing[WINDOW][LONGEST], incoming[WINDOW][LONGEST];
static struct mmsghdr sends[WINDOW], receives[WINDOW];
static struct iovec out_parts[WINDOW], in_parts[WINDOW];

static void die(const char *what)
{
    fprintf(stderr, "flood: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void open_source(struct source *source, unsigned short port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    source->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (source->fd < 0)
        die("socket");
    if (connect(source->fd, (struct sockaddr *)&address, sizeof address) < 0)
        die("connect");
}

static void prepare(void)
{
    for (size_t i = 0; i < WINDOW; i++) {
        for (size_t at = 0; at < size; at++)
            outgoing[i][at] = (unsigned char)(at * 31 + 7);
        out_parts[i] = (struct iovec){outgoing[i], size};
        in_parts[i] = (struct iovec){incoming[i], LONGEST};
        sends[i].msg_hdr = (struct msghdr){.msg_iov = &out_parts[i], .msg_iovlen = 1};
        receives[i].msg_hdr = (struct msghdr){.msg_iov = &in_parts[i], .msg_iovlen = 1};
    }
}

static void fault(const char *what)
{
    if (errors++ == 0)
        fprintf(stderr, "flood: %s\n", what);
}

// Compares a datagram that came back; one of an earlier slice is late, and no more.
static void take(struct source *source, const unsigned char *bytes, size_t length, uint64_t time)
{
    struct stamp stamp;
    if (length != size || memcmp(bytes + sizeof stamp, outgoing[0] + sizeof stamp, size - sizeof stamp) != 0) {
        fault("the server sent other bytes than it was sent");
        return;
    }
    memcpy(&stamp, bytes, sizeof stamp);
    if (stamp.slice != slice)
        return;
    if (source->outstanding > 0)
        source->outstanding--;
    requests++;
    uint64_t microseconds = (time - stamp.sent) / 1000;
    latencies[microseconds < BINS ? microseconds : BINS - 1]++;
}

static void receive(struct source *source)
{
    int count = recvmmsg(source->fd, receives, WINDOW, MSG_DONTWAIT, NULL);
    uint64_t time = now();
    if (count < 0) {
        if (errno != EAGAIN && errno != EINTR)
            die("recvmmsg");
        if (source->outstanding > 0 && time - source->heard > LOST_NANOSECONDS) {
            lost += source->outstanding;
            source->outstanding = 0;
        }
        return;
    }
    source->heard = time;
    for (int i = 0; i < count; i++)
        take(source, incoming[i], receives[i].msg_len, time);
}

static void send_share(struct source *source)
{
    struct stamp stamp = {.slice = slice, .sent = now()};
    size_t count = share - source->outstanding;
    if (source->outstanding == 0)
        source->heard = stamp.sent;
    for (size_t i = 0; i < count; i++)
        memcpy(outgoing[i], &stamp, sizeof stamp);
    int sent = sendmmsg(source->fd, sends, (unsigned)count, 0);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        die("sendmmsg");
    if (sent > 0)
        source->outstanding += (size_t)sent;
}

static void play(double seconds)
{
    uint64_t ends = now() + (uint64_t)(seconds * 1e9);
    requests = lost = 0;
    memset(latencies, 0, sizeof latencies);
    slice++;
    while (now() < ends) {
        for (size_t i = 0; i < source_count; i++) {
            // Half of a share at least, so that a call is worth its while.
            if (sources[i].outstanding <= share / 2)
                send_share(&sources[i]);
            receive(&sources[i]);
        }
    }
    // What is still on its way is taken, so that the server is at rest when its clock is read.
    for (size_t i = 0; i < source_count; i++)
        while (sources[i].outstanding > 0)
            receive(&sources[i]);
}

static double percentile_microseconds(double part)
{
    uint64_t rank = (uint64_t)(part * (double)requests), seen = 0;
    for (size_t bin = 0; bin < BINS; bin++) {
        seen += latencies[bin];
        if (seen > rank)
            return (double)bin + 0.5;
    }
    return 0;
}

static double number(const char *text, double least, double most)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= least && value <= most)) {
        fprintf(stderr, "flood: '%s' is not a number from %g to %g\n", text, least, most);
        exit(2);
    }
    return value;
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: flood PORT SOURCES SIZE WARM_UP_SECONDS SECONDS\n");
        return 2;
    }
    unsigned short port = (unsigned short)number(argv[1], 1, 65535);
    source_count = (size_t)number(argv[2], 1, WINDOW);
    size = (size_t)number(argv[3], sizeof(struct stamp), LONGEST);
    double warm_up = number(argv[4], 0, 3600), seconds = number(argv[5], 0, 3600);
    share = WINDOW / source_count;
    sources = calloc(source_count, sizeof *sources);
    if (!sources)
        die("calloc");
    for (size_t i = 0; i < source_count; i++)
        open_source(&sources[i], port);
    prepare();
    play(warm_up);
    printf("ready\n");
    fflush(stdout);
    char line[16];
    while (fgets(line, sizeof line, stdin)) {
        uint64_t start = now();
        play(seconds);
        printf("{\"requests\": %llu, \"errors\": %llu, \"lost\": %llu, \"seconds\": %.6f, \"p50_us\": %.2f, "
               "\"p99_us\": %.2f, \"congestion_control\": \"\"}\n",
               (unsigned long long)requests, (unsigned long long)errors, (unsigned long long)lost,
               (double)(now() - start) / 1e9, percentile_microseconds(0.50), percentile_microseconds(0.99));
        fflush(stdout);
    }
    return 0;
}
