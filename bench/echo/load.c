// The load of the echo bench: a closed loop on each of N TCP connections to 127.0.0.1, one request
// outstanding on each, every echoed byte compared with what was sent.
//
//     load PORT CONNECTIONS SIZE WARM_UP_SECONDS SECONDS
//
// Connects, warms up and prints `ready`. Then, for each line on standard input, loads for SECONDS, takes
// the replies still owed and prints one JSON line; the end of the input ends it. So whoever holds the other
// end of the pipes reads the server's CPU clock while the server idles, before and after, and the
// difference is echoes alone: no accept, no close.
// Exits 0 even if errors were counted (each line says how many so far); 1 where no load could be made.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    EVENTS = 256,
    BUFFER = 64 * 1024,
    // A server that answers nobody for so long has lost a request.
    STALL_MILLISECONDS = 5000,
    // Latencies are counted in bins of a 32nd of an octave: 3 % wide, no memory that grows with the requests.
    BINS_PER_OCTAVE = 32,
    BINS = 64 * BINS_PER_OCTAVE,
};

struct connection {
    int fd; // -1 once it failed
    bool waits_for_room;
    uint64_t sequence, started;
    size_t sent, received;
    unsigned char *request;
};

// What one line of input asked for.
struct slice {
    uint64_t ends; // no request starts after this
    size_t outstanding;
    uint64_t requests;
    uint64_t latencies[BINS];
};

static struct connection *connections;
static size_t connection_count, size;
static uint64_t errors;
static int epoll;
static unsigned char buffer[BUFFER];

static void die(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

// Latencies

static size_t bin_of(uint64_t nanoseconds)
{
    if (nanoseconds < BINS_PER_OCTAVE)
        return nanoseconds;
    unsigned octave = 63 - (unsigned)__builtin_clzll(nanoseconds);
    return (octave - 4) * BINS_PER_OCTAVE + ((nanoseconds >> (octave - 5)) & (BINS_PER_OCTAVE - 1));
}

// The middle of a bin of 32 ns or more; of a smaller one, its only value.
static double middle_of(size_t bin)
{
    if (bin < BINS_PER_OCTAVE)
        return (double)bin;
    unsigned octave = (unsigned)(bin / BINS_PER_OCTAVE) + 4;
    double width = (double)(1ull << (octave - 5));
    return ((double)(BINS_PER_OCTAVE + bin % BINS_PER_OCTAVE) + 0.5) * width;
}

static double percentile_microseconds(const struct slice *slice, double share)
{
    uint64_t rank = (uint64_t)(share * (double)slice->requests), seen = 0;
    for (size_t bin = 0; bin < BINS; bin++) {
        seen += slice->latencies[bin];
        if (seen > rank)
            return middle_of(bin) / 1000;
    }
    return 0;
}

// Connections

static void fill(unsigned char *request, uint64_t state)
{
    for (size_t i = 0; i < size; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        request[i] = (unsigned char)(state >> 56);
    }
}

static void open_connection(struct connection *connection, unsigned short port, uint64_t seed)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        die("socket");
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        die("connect");
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)) < 0)
        die("setsockopt TCP_NODELAY");
    if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
        die("fcntl");
    connection->fd = fd;
    connection->request = malloc(size);
    if (!connection->request)
        die("malloc");
    fill(connection->request, seed);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        die("epoll_ctl");
}

static void fail(struct slice *slice, struct connection *connection, const char *why)
{
    if (errors++ == 0)
        fprintf(stderr, "load: %s\n", why);
    slice->outstanding--;
    close(connection->fd);
    connection->fd = -1;
}

static void wait_for_room(struct connection *connection, bool wait)
{
    if (connection->waits_for_room == wait)
        return;
    struct epoll_event event = {.events = EPOLLIN | (wait ? EPOLLOUT : 0), .data.ptr = connection};
    if (epoll_ctl(epoll, EPOLL_CTL_MOD, connection->fd, &event) < 0)
        die("epoll_ctl");
    connection->waits_for_room = wait;
}

static void send_rest(struct slice *slice, struct connection *connection)
{
    ssize_t sent = send(connection->fd, connection->request + connection->sent, size - connection->sent, MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno != EAGAIN && errno != EINTR) {
            fail(slice, connection, strerror(errno));
            return;
        }
        sent = 0;
    }
    connection->sent += (size_t)sent;
    wait_for_room(connection, connection->sent < size);
}

static void start_request(struct slice *slice, struct connection *connection, uint64_t time)
{
    // Each request differs from the last, so an old reply sent twice is not taken for a new one.
    connection->sequence++;
    size_t stamped = size < sizeof connection->sequence ? size : sizeof connection->sequence;
    memcpy(connection->request, &connection->sequence, stamped);
    connection->sent = 0;
    connection->received = 0;
    connection->started = time;
    send_rest(slice, connection);
}

static void receive(struct slice *slice, struct connection *connection)
{
    ssize_t received = recv(connection->fd, buffer, sizeof buffer, 0);
    if (received < 0) {
        if (errno != EAGAIN && errno != EINTR)
            fail(slice, connection, strerror(errno));
        return;
    }
    if (received == 0) {
        fail(slice, connection, "the server closed a connection");
        return;
    }
    size_t length = (size_t)received;
    if (length > connection->sent - connection->received) {
        fail(slice, connection, "the server sent more than it was sent");
        return;
    }
    if (memcmp(buffer, connection->request + connection->received, length) != 0) {
        fail(slice, connection, "the server sent other bytes than it was sent");
        return;
    }
    connection->received += length;
    if (connection->received < size)
        return;
    uint64_t time = now();
    slice->requests++;
    slice->latencies[bin_of(time - connection->started)]++;
    if (time < slice->ends)
        start_request(slice, connection, time);
    else
        slice->outstanding--;
}

// Slices

// A connection that is owed nothing has nothing to say: the end of the stream, or bytes too many.
static bool is_idle(const struct connection *connection)
{
    return connection->received == size;
}

static void serve_event(struct slice *slice, const struct epoll_event *event)
{
    struct connection *connection = event->data.ptr;
    if (connection->fd < 0)
        return;
    if (is_idle(connection)) {
        slice->outstanding++;
        fail(slice, connection, "the server spoke, or closed, after its last reply");
        return;
    }
    if (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        receive(slice, connection);
    if (connection->fd >= 0 && connection->waits_for_room && event->events & EPOLLOUT)
        send_rest(slice, connection);
}

static void play(struct slice *slice, double seconds)
{
    uint64_t start = now();
    *slice = (struct slice){.ends = start + (uint64_t)(seconds * 1e9)};
    for (size_t i = 0; i < connection_count; i++) {
        if (connections[i].fd < 0)
            continue;
        slice->outstanding++;
        start_request(slice, &connections[i], now());
    }
    struct epoll_event events[EVENTS];
    while (slice->outstanding > 0) {
        int count = epoll_wait(epoll, events, EVENTS, STALL_MILLISECONDS);
        if (count < 0 && errno != EINTR)
            die("epoll_wait");
        if (count == 0) {
            fprintf(stderr, "load: %zu requests without a reply for %d ms\n", slice->outstanding, STALL_MILLISECONDS);
            errors += slice->outstanding;
            return;
        }
        for (int i = 0; i < count; i++)
            serve_event(slice, &events[i]);
    }
}

static void report(const struct slice *slice, uint64_t nanoseconds)
{
    char congestion[16] = "";
    socklen_t length = sizeof congestion - 1;
    if (connections[0].fd >= 0)
        getsockopt(connections[0].fd, IPPROTO_TCP, TCP_CONGESTION, congestion, &length);
    printf("{\"requests\": %llu, \"errors\": %llu, \"seconds\": %.6f, \"p50_us\": %.2f, \"p99_us\": %.2f, "
           "\"congestion_control\": \"%s\"}\n",
           (unsigned long long)slice->requests, (unsigned long long)errors, (double)nanoseconds / 1e9,
           percentile_microseconds(slice, 0.50), percentile_microseconds(slice, 0.99), congestion);
    fflush(stdout);
}

static double number(const char *text, double least, double most)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= least && value <= most)) {
        fprintf(stderr, "load: '%s' is not a number from %g to %g\n", text, least, most);
        exit(2);
    }
    return value;
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: load PORT CONNECTIONS SIZE WARM_UP_SECONDS SECONDS\n");
        return 2;
    }
    unsigned short port = (unsigned short)number(argv[1], 1, 65535);
    connection_count = (size_t)number(argv[2], 1, 1e6);
    size = (size_t)number(argv[3], 1, 1e9);
    double warm_up = number(argv[4], 0, 3600), seconds = number(argv[5], 0, 3600);

    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0)
        die("epoll_create1");
    connections = calloc(connection_count, sizeof *connections);
    if (!connections)
        die("calloc");
    for (size_t i = 0; i < connection_count; i++)
        open_connection(&connections[i], port, i);

    static struct slice slice;
    play(&slice, warm_up);
    printf("ready\n");
    fflush(stdout);
    char line[16];
    while (fgets(line, sizeof line, stdin)) {
        uint64_t start = now();
        play(&slice, seconds);
        report(&slice, now() - start);
    }
    return 0;
}
