/*
 * simulate: worlds from seeds, on all processors. See docs/testing.md.
 *
 *     simulate --seeds 1000               worlds 1 to 1000
 *     simulate --seed 42 --trace          one of them, with a line for everything that happens
 *     simulate --year --seeds 20          years of one organisation
 *     simulate --self-test                whether hosts that are not honest are found
 */
#include "root.h"
#include "self_test.h"
#include "tally.h"
#include "world.h"
#include "year.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REAL_EVERY = 50 };

struct wish {
    uint64_t first;
    uint64_t count;
    unsigned jobs;
    bool trace;
    bool self_test;
    bool year;
    int days;   /* 0: all */
    bool real;  /* all with real signatures */
    bool quiet; /* no progress line */
};

static void print_help(void)
{
    puts("usage: simulate [options]\n"
         "  --seed N       one world\n"
         "  --seeds N      so many worlds (default: 1000)\n"
         "  --from N       the first of them (default: 1)\n"
         "  --jobs N       at a time (default: one for each processor)\n"
         "  --year         years of one organisation, day by day, instead of other worlds\n"
         "  --days N       their first days alone\n"
         "  --trace        tell everything that happens\n"
         "  --real         Ed25519 in all of them; otherwise in one of 50\n"
         "  --self-test    whether hosts that are not honest are found; with --year, whether what is wrong in a year "
         "is\n"
         "  --quiet        no progress line\n"
         "  --help         this text\n"
         "A world that fails is named with its seed, at once; `simulate --seed N --trace` is the same world again. "
         "SIGINT\n"
         "and SIGTERM end a run behind the worlds that it is at, and it says what there was.");
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
        {"help", no_argument, NULL, 'h'},       {"year", no_argument, NULL, 'y'},
        {"days", required_argument, NULL, 'd'}, {0}};
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
        case 'd':
            wish->days = (int)number_of(optarg);
            break;
        case 'y':
            wish->year = true;
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
    const struct world_options options = {.seed = seed,
                                          .tell = wish->trace,
                                          .real_signatures = has_real_signatures(wish, seed),
                                          .root = root,
                                          .days = wish->days};
    if (wish->year)
        year_run(world, &options, YEAR_STRAIGHT);
    else
        world_run(world, &options);
}

/* ---- the processes ---- */

/* Set before any signal can come; the handler and the loop below it read them. */
static volatile sig_atomic_t stops; /* how often this process was told to stop */
static pid_t *children;
static volatile sig_atomic_t child_count;

/* A child ends behind the world that it is at, and whoever says it twice does not wait for that. */
static void on_stop(int signal)
{
    (void)signal;
    stops++;
    for (int i = 0; i < child_count; i++)
        kill(children[i], stops == 1 ? SIGTERM : SIGKILL);
}

static void hear_stops(void)
{
    struct sigaction action = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static void run_share(const struct wish *wish, unsigned job, int out)
{
    char root[PATH_SIZE];
    struct world *const world = world_new();
    root_make(root);
    for (uint64_t i = job; i < wish->count && stops == 0; i += wish->jobs) {
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

/* False: not all of them are there. Signals wait until they are. */
static bool start_all(const struct wish *wish, const int ends[static 2])
{
    sigset_t stopping;
    sigset_t before;
    sigemptyset(&stopping);
    sigaddset(&stopping, SIGINT);
    sigaddset(&stopping, SIGTERM);
    sigprocmask(SIG_BLOCK, &stopping, &before);
    hear_stops();
    pid_t child = 1;
    for (unsigned job = 0; job < wish->jobs && child > 0; job++) {
        child = fork();
        if (child == 0) {
            child_count = 0;
            close(ends[0]);
            sigprocmask(SIG_SETMASK, &before, NULL);
            run_share(wish, job, ends[1]);
            exit(0);
        }
        if (child > 0)
            children[child_count++] = child;
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return child > 0;
}

static bool read_news(int in, struct news *news)
{
    size_t got = 0;
    while (got < sizeof *news) {
        const ssize_t size = read(in, (char *)news + got, sizeof *news - got);
        if (size <= 0)
            return false;
        got += (size_t)size;
    }
    return true;
}

static int run_all(const struct wish *wish)
{
    int ends[2];
    struct news news;
    struct tally *const tally = malloc(sizeof *tally);
    children = calloc(wish->jobs, sizeof *children);
    if (tally == NULL || children == NULL || pipe(ends) != 0)
        return 2;
    tally_begin(tally, wish->count, !wish->quiet && isatty(STDERR_FILENO));
    tally->years = wish->year;
    bool whole = start_all(wish, ends);
    close(ends[1]);
    while (read_news(ends[0], &news))
        tally_count(tally, &news);
    int status = 0;
    while (wait(&status) > 0)
        whole = whole && status == 0;
    const bool all = whole && tally->done == wish->count;
    const bool good = tally_say(tally, all ? TALLY_WHOLE : stops > 0 ? TALLY_STOPPED : TALLY_BROKEN);
    free(children);
    free(tally);
    return !good;
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
    printf("%s %llu: %s\n", wish->year ? "year" : "seed", (unsigned long long)wish->first,
           failed ? world->violation : "ok");
    free(world);
    return failed;
}

int main(int argc, char **argv)
{
    struct wish wish;
    read_wish(argc, argv, &wish);
    if (wish.self_test)
        return wish.year ? self_test_year() : self_test();
    return wish.count == 1 ? run_seed(&wish) : run_all(&wish);
}
