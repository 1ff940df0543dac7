/*
 * simulate: worlds from seeds, on all processors. See docs/testing.md.
 *
 *     simulate --seeds 1000               worlds 1 to 1000
 *     simulate --seed 42 --trace          one of them, with a line for everything that happens
 *     simulate --self-test                whether hosts that are not honest are found
 */
#include "root.h"
#include "self_test.h"
#include "world.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { REAL_EVERY = 50, FAILURES_SHOWN = 10 };

struct wish {
    uint64_t first;
    uint64_t count;
    unsigned jobs;
    bool trace;
    bool self_test;
    bool real;  /* all with real signatures */
    bool quiet; /* no progress line */
};

/* What one process tells the one that counts: each world, as it ends. */
struct news {
    uint64_t seed;
    bool failed;
    uint64_t asked;
    uint64_t granted;
    char violation[VIOLATION_SIZE];
};

static void print_help(void)
{
    puts("usage: simulate [options]\n"
         "  --seed N       one world\n"
         "  --seeds N      so many worlds (default: 1000)\n"
         "  --from N       the first of them (default: 1)\n"
         "  --jobs N       at a time (default: one for each processor)\n"
         "  --trace        tell everything that happens\n"
         "  --real         Ed25519 in all of them; otherwise in one of 50\n"
         "  --self-test    whether hosts that are not honest are found\n"
         "  --quiet        no progress line\n"
         "  --help         this text\n"
         "A world that fails is named with its seed; `simulate --seed N --trace` is the same world again.");
}

static uint64_t number_of(const char *text)
{
    char *end = NULL;
    errno = 0;
    const unsigned long long number = strtoull(text, &end, 10);
    if (errno != 0 || *text == 0 || *end != 0) {
        fprintf(stderr, "simulate: not a number: %s\n", text);
        exit(2);
    }
    return number;
}

static void read_wish(int argc, char **argv, struct wish *wish)
{
    static const struct option options[] = {
        {"seed", required_argument, NULL, 's'}, {"seeds", required_argument, NULL, 'n'},
        {"from", required_argument, NULL, 'f'}, {"jobs", required_argument, NULL, 'j'},
        {"trace", no_argument, NULL, 't'},      {"real", no_argument, NULL, 'r'},
        {"self-test", no_argument, NULL, 'S'},  {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},       {0}};
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    *wish = (struct wish){.first = 1, .count = 1000, .jobs = processors > 0 ? (unsigned)processors : 1};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 's':
            wish->first = number_of(optarg);
            wish->count = 1;
            break;
        case 'n':
            wish->count = number_of(optarg);
            break;
        case 'f':
            wish->first = number_of(optarg);
            break;
        case 'j':
            wish->jobs = (unsigned)number_of(optarg);
            break;
        case 't':
            wish->trace = true;
            break;
        case 'r':
            wish->real = true;
            break;
        case 'S':
            wish->self_test = true;
            break;
        case 'q':
            wish->quiet = true;
            break;
        case 'h':
            print_help();
            exit(0);
        default:
            exit(2);
        }
    }
    if (optind < argc || wish->jobs == 0) {
        fprintf(stderr, "simulate: see --help\n");
        exit(2);
    }
}

/* ---- worlds ---- */

static bool has_real_signatures(const struct wish *wish, uint64_t seed)
{
    return wish->real || seed % REAL_EVERY == 0;
}

static void run_one(const struct wish *wish, struct world *world, const char *root, uint64_t seed)
{
    const struct world_options options = {
        .seed = seed, .tell = wish->trace, .real_signatures = has_real_signatures(wish, seed), .root = root};
    world_run(world, &options);
}

static void run_share(const struct wish *wish, unsigned job, int out)
{
    char root[PATH_SIZE];
    struct world *const world = world_new();
    root_make(root);
    for (uint64_t i = job; i < wish->count; i += wish->jobs) {
        run_one(wish, world, root, wish->first + i);
        struct news news = {
            .seed = world->seed, .failed = world->violation[0] != 0, .asked = world->asked, .granted = world->granted};
        memcpy(news.violation, world->violation, sizeof news.violation);
        if (write(out, &news, sizeof news) != (ssize_t)sizeof news)
            break;
    }
    root_remove(root);
    free(world);
}

/* ---- counting ---- */

struct tally {
    uint64_t done;
    uint64_t failed;
    uint64_t asked;
    uint64_t granted;
    struct timespec began;
};

static double passed(const struct tally *tally)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - tally->began.tv_sec) + (double)(now.tv_nsec - tally->began.tv_nsec) / 1e9;
}

static void count(const struct wish *wish, struct tally *tally, const struct news *news)
{
    const bool line = !wish->quiet && isatty(STDERR_FILENO);
    tally->done++;
    tally->asked += news->asked;
    tally->granted += news->granted;
    if (news->failed && tally->failed++ < FAILURES_SHOWN)
        printf("%sseed %llu: %s\n", line ? "\r" : "", (unsigned long long)news->seed, news->violation);
    if (line && (tally->done % 50 == 0 || tally->done == wish->count))
        fprintf(stderr, "\r%llu of %llu worlds, %.0f a second, %llu failed ", (unsigned long long)tally->done,
                (unsigned long long)wish->count, (double)tally->done / passed(tally),
                (unsigned long long)tally->failed);
}

static bool read_news(int in, struct news *news)
{
    size_t got = 0;
    while (got < sizeof *news) {
        const ssize_t size = read(in, (char *)news + got, sizeof *news - got);
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return false;
        got += (size_t)size;
    }
    return true;
}

static int say_tally(const struct wish *wish, const struct tally *tally, bool whole)
{
    const double time = passed(tally);
    if (!wish->quiet && isatty(STDERR_FILENO))
        fputc('\n', stderr);
    printf("%llu worlds in %.1f s (%.0f a second), %llu messages, %llu leases asked for and got\n",
           (unsigned long long)tally->done, time, (double)tally->done / time, (unsigned long long)tally->asked,
           (unsigned long long)tally->granted);
    if (tally->failed == 0 && whole) {
        puts("simulate: ok");
        return 0;
    }
    printf("simulate: %llu worlds failed%s; `simulate --seed N --trace` tells one\n", (unsigned long long)tally->failed,
           whole ? "" : ", and a process ended early");
    return 1;
}

static int run_all(const struct wish *wish)
{
    int ends[2];
    struct news news;
    struct tally tally = {0};
    clock_gettime(CLOCK_MONOTONIC, &tally.began);
    if (pipe(ends) != 0)
        return 2;
    for (unsigned job = 0; job < wish->jobs; job++) {
        const pid_t child = fork();
        if (child < 0)
            return 2;
        if (child > 0)
            continue;
        close(ends[0]);
        run_share(wish, job, ends[1]);
        exit(0);
    }
    close(ends[1]);
    while (read_news(ends[0], &news))
        count(wish, &tally, &news);
    bool whole = tally.done == wish->count;
    int status = 0;
    while (wait(&status) > 0)
        whole = whole && status == 0;
    return say_tally(wish, &tally, whole);
}

/* The one world of --seed; a failure tells everything, by running it again. */
static int run_seed(struct wish *wish)
{
    char root[PATH_SIZE];
    struct world *const world = world_new();
    root_make(root);
    run_one(wish, world, root, wish->first);
    const bool failed = world->violation[0] != 0;
    if (failed && !wish->trace) {
        wish->trace = true;
        run_one(wish, world, root, wish->first);
    }
    root_remove(root);
    printf("seed %llu: %s\n", (unsigned long long)wish->first, failed ? world->violation : "ok");
    free(world);
    return failed;
}

int main(int argc, char **argv)
{
    struct wish wish;
    read_wish(argc, argv, &wish);
    if (wish.self_test)
        return self_test();
    return wish.count == 1 ? run_seed(&wish) : run_all(&wish);
}
