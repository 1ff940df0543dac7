/*
 * bench-load: plays machines against a host on this machine's loopback and says how fast it answers.
 *
 * Always: sends to 127.0.0.0/8 and ::1 only; bounded in requests and time. One line of JSON goes to standard output.
 */
#include "holder.h"
#include "proto/api.h"
#include "responder.h"
#include "system/clock.h"
#include "system/files.h"
#include "terminal/program.h"
#include "terminal/say.h"
#include "worker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM_NAME "bench-load"
#define SECOND_NS    INT64_C(1000000000)

enum {
    WORKERS_MAX = 16,
    CONNECTIONS_MAX = 20000,
    STORM_MACHINES_MAX = 1000000,
    SECONDS_MAX = 600,
    SPARE_DESCRIPTORS = 64,
    REPORT_MAX = 64 * 1024,
    SIGNED_MAX = 4000000, /* requests in memory */
    SIGNED_DEFAULT = 100000,
    SIGNED_FOR_EMPTY = 20000, /* where they are sent over and over */
};
#define REQUESTS_MAX UINT64_C(1000000000)

/* All that the command line says. */
struct load {
    struct plan plan;
    struct question_plan asked;
    struct questions questions;
    uint64_t signed_count;
    bool reuse;       /* requests are sent over and over */
    const char *wait; /* a file to wait behind; NULL: none */
    struct judge judge;
    bool judging;
};

/* ---- options ---- */

static RESULT take_number(const struct arguments *arguments, const char *option, uint64_t least, uint64_t most,
                          uint64_t *number)
{
    const char *text = argument_value(arguments, option, NULL);
    if (text == NULL || (is_ok(decimal_read(slice_of(text), most, number)) && *number >= least))
        return RESULT_OK;
    say_usage(PROGRAM_NAME, "--%s %s: a number from %llu to %llu is needed", option, text, (unsigned long long)least,
              (unsigned long long)most);
    return FAIL(USAGE);
}

static RESULT take_seconds(const struct arguments *arguments, const char *option, uint64_t otherwise, int64_t *ret_ns)
{
    uint64_t number = otherwise;
    TRY(take_number(arguments, option, 0, SECONDS_MAX, &number));
    *ret_ns = (int64_t)number * SECOND_NS;
    return RESULT_OK;
}

/* Which machines ask. Each run begins at another one, so that no run meets only those that the one before it has left
 * in the caches; and its numbers are above those of all runs before it. */
static RESULT take_machines(const struct arguments *arguments, struct question_plan *asked)
{
    asked->machines_count = 1000000;
    asked->machine_seed = BENCH_SEED;
    asked->number = (uint64_t)clock_now() * 1000000;
    entropy_fill(&asked->start, sizeof asked->start);
    TRY(take_number(arguments, "machines-from", 0, REQUESTS_MAX, &asked->machines_from));
    TRY(take_number(arguments, "machines-count", 1, REQUESTS_MAX, &asked->machines_count));
    return take_number(arguments, "machine-seed", 0, UINT64_MAX, &asked->machine_seed);
}

static RESULT take_limits(const struct arguments *arguments, struct load *load)
{
    struct plan *const plan = &load->plan;
    const bool storm = plan->mode == LOAD_STORM;
    uint64_t connections = 64;
    uint64_t workers = 1;
    uint64_t sources = TARGET_SOURCES_MAX;
    uint64_t sources_from = 0;
    uint64_t verify = 0;
    load->signed_count = storm ? 10000 : load->reuse ? SIGNED_FOR_EMPTY : SIGNED_DEFAULT;
    TRY(take_number(arguments, "connections", 1, CONNECTIONS_MAX, &connections));
    TRY(take_number(arguments, "workers", 1, 2, &workers));
    TRY(take_number(arguments, "sources", 1, TARGET_SOURCES_MAX, &sources));
    TRY(take_number(arguments, "sources-from", 0, TARGET_SOURCES_MAX - 1, &sources_from));
    TRY(take_number(arguments, "requests", 1, SIGNED_MAX, &load->signed_count));
    TRY(take_number(arguments, "machines", 1, STORM_MACHINES_MAX, &load->signed_count));
    plan->limit = load->reuse ? REQUESTS_MAX : load->signed_count;
    TRY(take_number(arguments, "verify", 1, REQUESTS_MAX, &verify));
    TRY(take_seconds(arguments, storm ? "within" : "seconds", storm ? 1 : 10, &plan->duration));
    TRY(take_seconds(arguments, "warmup", 0, &plan->warmup));
    TRY(take_seconds(arguments, "timeout", 60, &plan->patience));
    plan->connections = (unsigned)connections;
    plan->workers = (unsigned)workers;
    plan->sources = plan->mode == LOAD_KEEPALIVE ? 1 : (unsigned)sources;
    plan->sources_from = (unsigned)sources_from;
    plan->verify_every = (unsigned)verify;
    return RESULT_OK;
}

/* Descriptors that one process can have, after asking for all it may. */
static unsigned descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 1024;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur > 1048576 ? 1048576 : (unsigned)limit.rlim_cur;
}

/* A storm takes as many workers as it needs for all its machines to be connected at a time. */
static void share_out(struct plan *plan)
{
    const unsigned most = descriptors() - SPARE_DESCRIPTORS;
    if (plan->mode == LOAD_STORM) {
        while (plan->limit / plan->workers >= most && plan->workers < WORKERS_MAX)
            plan->workers++;
        plan->connections = (unsigned)(plan->limit / plan->workers) + 1;
    } else {
        plan->connections = (plan->connections + plan->workers - 1) / plan->workers;
    }
    if (plan->connections > most)
        plan->connections = most;
}

static RESULT take_judge(const struct arguments *arguments, struct load *load)
{
    const char *key = argument_value(arguments, "vendor-key", NULL);
    const char *license = argument_value(arguments, "license", NULL);
    const char *seen = argument_value(arguments, "seen", NULL);
    const bool all = key != NULL && license != NULL && seen != NULL;
    if (!all && (key != NULL || license != NULL || seen != NULL || load->plan.verify_every > 0)) {
        say_usage(PROGRAM_NAME, "--license, --vendor-key and --seen are needed together, and for --verify");
        return FAIL(USAGE);
    }
    if (!all)
        return RESULT_OK;
    const char *path = NULL;
    const struct result result = judge_open(key, license, seen, &load->judge, &path);
    if (!is_ok(result))
        say_failure(PROGRAM_NAME, path, result, NULL);
    load->judging = is_ok(result);
    load->plan.judge = &load->judge;
    return result;
}

/* ---- running ---- */

/* A host that nobody has, for servers that do not look. */
static RESULT make_up_host(struct request *request)
{
    struct played_key key;
    const uint8_t seed[SEED_SIZE] = {0};
    memcpy(request->vendor, "acme.example", sizeof "acme.example");
    memcpy(request->product, "studio", sizeof "studio");
    memcpy(request->edition, "pro", sizeof "pro");
    TRY(played_key_make(seed, &key));
    TRY(verifier_key_make(slice_of("kms.bench.example/acme.example"), key.verifier.public_key, &request->host_key));
    memcpy(request->seen.origin, request->host_key.name, sizeof request->seen.origin);
    return RESULT_OK;
}

/* What all machines ask alike. */
static RESULT plan_questions(struct load *load)
{
    struct request *const request = &load->asked.request;
    request->time = clock_now();
    request->state = STATE_UNLICENSED; /* so that the host grants each several leases a minute */
    if (!load->judging)
        return make_up_host(request);
    const struct license *const license = &load->judge.license;
    memcpy(request->vendor, license->vendor, sizeof request->vendor);
    memcpy(request->product, license->product, sizeof request->product);
    memcpy(request->edition, license->edition, sizeof request->edition);
    request->host_key = license->host_keys[0];
    request->seen = load->judge.seen;
    return RESULT_OK;
}

static void show_signed(void *context, uint64_t done)
{
    progress_show(context, done, clock_monotonic_ms());
}

/* Signs all requests, before anything is measured. */
static RESULT sign_questions(struct load *load)
{
    struct progress progress = {
        .what = "requests signed", .total = load->signed_count, .began_ms = clock_monotonic_ms()};
    TRY(plan_questions(load));
    const struct result result =
        questions_sign(&load->asked, load->signed_count, show_signed, &progress, &load->questions);
    progress_end(&progress);
    load->plan.questions = &load->questions;
    return result;
}

static _Noreturn void work(const struct plan *shared, unsigned number, struct tally *tally)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct plan plan = *shared;
    plan.worker = number;
    const struct result result = worker_run(&plan, tally);
    _exit(is_ok(result) ? EXIT_FINE : say_failure(PROGRAM_NAME, "worker", result, NULL));
}

/* Runs all workers of the plan and sums up what they counted. */
static RESULT run_plan(const struct load *load, struct tally *ret_total)
{
    struct plan plan = load->plan;
    const size_t size = plan.workers * sizeof(struct tally);
    struct tally *tallies = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ENSURE(tallies != MAP_FAILED, NO_MEMORY);
    plan.begin = monotonic_ns() + SECOND_NS / 5;
    pid_t processes[WORKERS_MAX];
    for (unsigned i = 0; i < plan.workers; i++) {
        processes[i] = fork();
        if (processes[i] == 0)
            work(&plan, i, &tallies[i]);
    }
    struct result result = RESULT_OK;
    memset(ret_total, 0, sizeof *ret_total);
    for (unsigned i = 0; i < plan.workers; i++) {
        int status = -1;
        if (processes[i] < 0 || waitpid(processes[i], &status, 0) < 0 || status != 0)
            result = FAIL(INTERNAL);
        tally_merge(ret_total, &tallies[i]);
    }
    ret_total->prepared = load->questions.count;
    ret_total->preparing = load->questions.seconds;
    munmap(tallies, size);
    return result;
}

static RESULT report(const struct load *load, const char *mode, struct buffer *out)
{
    struct tally *total = calloc(1, sizeof *total);
    ENSURE(total != NULL, NO_MEMORY);
    const struct result result = run_plan(load, total);
    if (is_ok(result))
        tally_write(total, mode, out);
    free(total);
    return result;
}

/* Both closed loops against our own responder. */
static RESULT report_ceiling(struct load *load, struct buffer *out)
{
    pid_t process;
    TRY(responder_start(&load->plan.target, &process));
    load->plan.mode = LOAD_KEEPALIVE;
    buffer_append_text(out, "{\"keepalive\": ");
    struct result result = report(load, "empty", out);
    buffer_append_text(out, ", \"connection\": ");
    load->plan.mode = LOAD_CONNECTION;
    load->plan.sources = TARGET_SOURCES_MAX;
    if (is_ok(result))
        result = report(load, "empty", out);
    buffer_append_byte(out, '}');
    responder_stop(process);
    return result;
}

/* Says that all is signed by making that file, and begins when somebody has taken it away: so several of these begin
 * together. */
static RESULT wait_behind(const char *path)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    TRY(file_write_kept(path, slice_of(""), 0644, NULL));
    while (access(path, F_OK) == 0)
        nanosleep(&pause, NULL);
    return RESULT_OK;
}

/* NULL as target: our own responder. */
static RESULT run_load(struct load *load, const char *mode, const char *target)
{
    CLEANUP_BUFFER struct buffer out = buffer_make(REPORT_MAX);
    TRY(sign_questions(load));
    if (load->wait != NULL)
        TRY(wait_behind(load->wait));
    TRY(target == NULL ? report_ceiling(load, &out) : report(load, mode, &out));
    TRY(buffer_status(&out));
    puts(buffer_text(&out));
    return RESULT_OK;
}

/* One request as it is sent, to standard output. */
static RESULT write_message(struct load *load)
{
    CLEANUP_BUFFER struct buffer message = buffer_make(QUESTION_MAX);
    size_t body;
    TRY(plan_questions(load));
    TRY(question_write(&load->asked, 0, &message, &body));
    ENSURE(fwrite(message.data, 1, message.size, stdout) == message.size, FILE_WRITE);
    return RESULT_OK;
}

static int take_load(const struct arguments *arguments, const char *target, struct load *load)
{
    load->asked.host = target == NULL ? "127.0.0.1" : target;
    load->asked.path = argument_value(arguments, "path", API_ACTIVATE);
    if (target != NULL && !is_ok(target_read(target, &load->plan.target)))
        return say_usage(PROGRAM_NAME, "%s: 127.0.0.1:PORT or [::1]:PORT is needed; load goes to loopback only",
                         target);
    if (!is_ok(take_machines(arguments, &load->asked)) || !is_ok(take_limits(arguments, load)))
        return EXIT_USAGE;
    const struct result judged = take_judge(arguments, load);
    return is_ok(judged) ? EXIT_FINE : error_info(result_code(judged))->exit_status;
}

static int finish_load(struct load *load, const char *target, struct result result)
{
    questions_free(&load->questions);
    if (load->judging)
        judge_close(&load->judge);
    return is_ok(result) ? EXIT_FINE : say_failure(PROGRAM_NAME, target, result, NULL);
}

static int load_main(const struct arguments *arguments, enum load_mode mode, const char *target)
{
    struct load load = {.plan.mode = mode,
                        .reuse = target == NULL || argument_given(arguments, "reuse"),
                        .wait = argument_value(arguments, "wait", NULL)};
    const int status = take_load(arguments, target, &load);
    if (status != EXIT_FINE)
        return status;
    share_out(&load.plan);
    return finish_load(&load, target, run_load(&load, arguments->command->name, target));
}

static int run_message(const struct arguments *arguments, void *context)
{
    (void)context;
    const char *const target = arguments->values[0];
    struct load load = {.plan.mode = LOAD_CONNECTION};
    const int status = take_load(arguments, target, &load);
    return status == EXIT_FINE ? finish_load(&load, target, write_message(&load)) : status;
}

static int run_keepalive(const struct arguments *arguments, void *context)
{
    (void)context;
    return load_main(arguments, LOAD_KEEPALIVE, arguments->values[0]);
}

static int run_connection(const struct arguments *arguments, void *context)
{
    (void)context;
    return load_main(arguments, LOAD_CONNECTION, arguments->values[0]);
}

static int run_storm(const struct arguments *arguments, void *context)
{
    (void)context;
    return load_main(arguments, LOAD_STORM, arguments->values[0]);
}

static int take_holding(const struct arguments *arguments, const char *target, struct holding *holding)
{
    uint64_t connections = 64;
    uint64_t sources = TARGET_SOURCES_MAX;
    uint64_t sources_from = 0;
    if (!is_ok(target_read(target, &holding->target)))
        return say_usage(PROGRAM_NAME, "%s: 127.0.0.1:PORT or [::1]:PORT is needed; load goes to loopback only",
                         target);
    if (!is_ok(take_number(arguments, "connections", 1, HELD_MAX, &connections)) ||
        !is_ok(take_number(arguments, "sources", 1, TARGET_SOURCES_MAX, &sources)) ||
        !is_ok(take_number(arguments, "sources-from", 0, TARGET_SOURCES_MAX - 1, &sources_from)) ||
        !is_ok(take_seconds(arguments, "seconds", 10, &holding->duration)))
        return EXIT_USAGE;
    holding->connections = (unsigned)connections;
    holding->sources = (unsigned)sources;
    holding->sources_from = (unsigned)sources_from;
    return EXIT_FINE;
}

static int run_hold(const struct arguments *arguments, void *context)
{
    (void)context;
    const char *const target = arguments->values[0];
    struct holding holding;
    struct held held;
    const int status = take_holding(arguments, target, &holding);
    if (status != EXIT_FINE)
        return status;
    (void)descriptors();
    const struct result result = hold_connections(&holding, &held);
    if (!is_ok(result))
        return say_failure(PROGRAM_NAME, target, result, NULL);
    printf("{\"mode\": \"hold\", \"opened\": %llu, \"ended\": %llu, \"most\": %llu}\n", (unsigned long long)held.opened,
           (unsigned long long)held.ended, (unsigned long long)held.most);
    return EXIT_FINE;
}

static int run_empty(const struct arguments *arguments, void *context)
{
    (void)context;
    return load_main(arguments, LOAD_KEEPALIVE, NULL);
}

/* ---- the table ---- */

static const struct option_info PROGRAM_OPTIONS[] = {
    {"license", 0, "FILE", "the license that machines ask for (default: acme.example studio pro)", false},
    {"vendor-key", 0, "FILE", "the vendor's verifier key", false},
    {"seen", 0, "FILE", "the host's checkpoint that machines have seen last", false},
    {"verify", 0, "N", "verify every N-th answer in full (default: none)", false},
    {"machines-from", 0, "N", "number of the first machine (default: 0)", false},
    {"machines-count", 0, "N", "how many there are before the first asks again (default: 1000000)", false},
    {"machine-seed", 0, "N", "makes other machines of the same numbers", false},
    {"path", 0, "PATH", "what is asked for (default: " API_ACTIVATE ")", false},
    {"timeout", 0, "SECONDS", "give up an answer after this (default: 60)", false},
    {0},
};

#define LOOP_OPTIONS \
    {"connections", 0, "N", "connections at a time (default: 64)", false}, \
        {"seconds", 0, "N", "how long to measure (default: 10)", false}, \
        {"warmup", 0, "SECONDS", "before measuring (default: 0)", false}, \
        {"requests", 0, "N", "signed beforehand; ends after them (default: 100000)", false}, \
        {"reuse", 0, NULL, "send them over and over, to a server that does not look", false}, \
    { \
        "workers", 0, "N", "processes, 1 or 2 (default: 1)", false \
    }

static const struct option_info KEEPALIVE_OPTIONS[] = {LOOP_OPTIONS, {0}};

#define SOURCES_OPTIONS \
    {"sources", 0, "N", "addresses to connect from (default: 200)", false}, \
    { \
        "sources-from", 0, "N", "the first of them, behind 127.0.0.1 (default: 0)", false \
    }

static const struct option_info CONNECTION_OPTIONS[] = {
    LOOP_OPTIONS,
    SOURCES_OPTIONS,
    {0},
};

static const struct option_info STORM_OPTIONS[] = {
    {"machines", 0, "N", "how many machines (default: 10000)", false},
    {"within", 0, "SECONDS", "all begin within this time (default: 1)", false},
    SOURCES_OPTIONS,
    {"wait", 0, "FILE", "make it once all is signed, and begin when it is taken away", false},
    {0},
};

static const struct option_info HOLD_OPTIONS[] = {
    {"connections", 0, "N", "connections at a time (default: 64)", false},
    {"seconds", 0, "N", "how long (default: 10)", false},
    SOURCES_OPTIONS,
    {0},
};

static const struct command_info COMMANDS[] = {
    {"keepalive", "ADDRESS:PORT", "kept connections", KEEPALIVE_OPTIONS, NULL, 1, 1, run_keepalive},
    {"connection", "ADDRESS:PORT", "a new connection for each request", CONNECTION_OPTIONS, NULL, 1, 1, run_connection},
    {"storm", "ADDRESS:PORT", "many machines, each on one connection, all at once", STORM_OPTIONS, NULL, 1, 1,
     run_storm},
    {"hold", "ADDRESS:PORT", "connections on which nothing is sent, opened anew where they end", HOLD_OPTIONS, NULL, 1,
     1, run_hold},
    {"message", "ADDRESS:PORT", "writes one request as it is sent, and sends none", NULL, NULL, 1, 1, run_message},
    {"empty", "", "our own ceiling, against a server that does nothing", KEEPALIVE_OPTIONS, NULL, 0, 0, run_empty},
    {0},
};

static const struct program_info PROGRAM = {
    .name = PROGRAM_NAME,
    .summary = "Plays machines against a host on this machine's loopback and says how fast it answers.",
    .options = PROGRAM_OPTIONS,
    .commands = COMMANDS,
    .epilogue =
        "Prints one line of JSON. Sends to 127.0.0.0/8 and ::1 only. All requests are signed before the time that "
        "is measured.",
};

int main(int argc, char **argv)
{
    return program_main(&PROGRAM, argc, argv, NULL);
}
