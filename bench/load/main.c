/*
 * bench-load: plays machines against a host on this machine's loopback and says how fast it answers.
 *
 * Always: sends to 127.0.0.0/8 and ::1 only; bounded in requests and time. One line of JSON goes to standard output.
 */
#include "proto/api.h"
#include "responder.h"
#include "system/clock.h"
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
};
#define REQUESTS_MAX UINT64_C(1000000000)

/* All that the command line says. */
struct load {
    struct plan plan;
    const char *target; /* as it was typed, for the Host header; "empty": our own responder */
    const char *path;
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

static RESULT take_limits(const struct arguments *arguments, struct plan *plan)
{
    const bool storm = plan->mode == LOAD_STORM;
    uint64_t connections = 64;
    uint64_t workers = 1;
    uint64_t sources = TARGET_SOURCES_MAX;
    uint64_t verify = 0;
    plan->limit = storm ? 10000 : REQUESTS_MAX;
    plan->machines_count = 1000000;
    plan->machine_seed = BENCH_SEED;
    entropy_fill(&plan->nonce_seed, sizeof plan->nonce_seed);
    TRY(take_number(arguments, "connections", 1, CONNECTIONS_MAX, &connections));
    TRY(take_number(arguments, "workers", 1, 2, &workers));
    TRY(take_number(arguments, "sources", 1, TARGET_SOURCES_MAX, &sources));
    TRY(take_number(arguments, "requests", 1, REQUESTS_MAX, &plan->limit));
    TRY(take_number(arguments, "machines", 1, STORM_MACHINES_MAX, &plan->limit));
    TRY(take_number(arguments, "machines-from", 0, REQUESTS_MAX, &plan->machines_from));
    TRY(take_number(arguments, "machines-count", 1, REQUESTS_MAX, &plan->machines_count));
    TRY(take_number(arguments, "machine-seed", 0, UINT64_MAX, &plan->machine_seed));
    TRY(take_number(arguments, "verify", 1, REQUESTS_MAX, &verify));
    TRY(take_seconds(arguments, storm ? "within" : "seconds", storm ? 1 : 10, &plan->duration));
    TRY(take_seconds(arguments, "warmup", 0, &plan->warmup));
    TRY(take_seconds(arguments, "timeout", 60, &plan->patience));
    plan->connections = (unsigned)connections;
    plan->workers = (unsigned)workers;
    plan->sources = plan->mode == LOAD_KEEPALIVE ? 1 : (unsigned)sources;
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
    if ((key == NULL) != (license == NULL) || (key == NULL && load->plan.verify_every > 0)) {
        say_usage(PROGRAM_NAME, "--license and --vendor-key are needed together, and for --verify");
        return FAIL(USAGE);
    }
    if (key == NULL)
        return RESULT_OK;
    const char *path = NULL;
    const struct result result = judge_open(key, license, argument_value(arguments, "seen", NULL), &load->judge, &path);
    if (!is_ok(result))
        say_failure(PROGRAM_NAME, path, result, NULL);
    load->judging = is_ok(result);
    load->plan.judge = &load->judge;
    return result;
}

/* ---- running ---- */

static RESULT make_template(const struct load *load, struct template *ret_template)
{
    struct request request = {.vendor = "acme.example", .product = "studio", .edition = "pro", .state = STATE_LICENSED};
    request.time = clock_now();
    if (load->judging) {
        memcpy(request.vendor, load->judge.license.vendor, sizeof request.vendor);
        memcpy(request.product, load->judge.license.product, sizeof request.product);
        memcpy(request.edition, load->judge.license.edition, sizeof request.edition);
        request.seen = load->judge.seen.size;
    }
    return template_make(&request, load->target, load->path, ret_template);
}

static _Noreturn void work(const struct plan *shared, unsigned number, struct template *template, struct tally *tally)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct plan plan = *shared;
    plan.worker = number;
    const struct result result = worker_run(&plan, template, tally);
    _exit(is_ok(result) ? EXIT_FINE : say_failure(PROGRAM_NAME, "worker", result, NULL));
}

/* Runs all workers of the plan and sums up what they counted. */
static RESULT run_plan(const struct load *load, struct tally *ret_total)
{
    struct plan plan = load->plan;
    struct template template;
    TRY(make_template(load, &template));
    const size_t size = plan.workers * sizeof(struct tally);
    struct tally *tallies = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ENSURE(tallies != MAP_FAILED, NO_MEMORY);
    plan.begin = monotonic_ns() + SECOND_NS / 5;
    pid_t processes[WORKERS_MAX];
    for (unsigned i = 0; i < plan.workers; i++) {
        processes[i] = fork();
        if (processes[i] == 0)
            work(&plan, i, &template, &tallies[i]);
    }
    struct result result = RESULT_OK;
    memset(ret_total, 0, sizeof *ret_total);
    for (unsigned i = 0; i < plan.workers; i++) {
        int status = -1;
        if (processes[i] < 0 || waitpid(processes[i], &status, 0) < 0 || status != 0)
            result = FAIL(INTERNAL);
        tally_merge(ret_total, &tallies[i]);
    }
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

static int load_main(const struct arguments *arguments, enum load_mode mode, const char *target)
{
    struct load load = {.plan.mode = mode, .target = target == NULL ? "127.0.0.1" : target};
    load.path = argument_value(arguments, "path", API_ACTIVATE);
    if (target != NULL && !is_ok(target_read(target, &load.plan.target)))
        return say_usage(PROGRAM_NAME, "%s: 127.0.0.1:PORT or [::1]:PORT is needed; load goes to loopback only",
                         target);
    if (!is_ok(take_limits(arguments, &load.plan)))
        return EXIT_USAGE;
    const struct result judged = take_judge(arguments, &load);
    if (!is_ok(judged))
        return error_info(result_code(judged))->exit_status;
    share_out(&load.plan);
    CLEANUP_BUFFER struct buffer out = buffer_make(REPORT_MAX);
    struct result result = target == NULL ? report_ceiling(&load, &out) : report(&load, arguments->command->name, &out);
    if (is_ok(result))
        result = buffer_status(&out);
    if (load.judging)
        judge_close(&load.judge);
    if (!is_ok(result))
        return say_failure(PROGRAM_NAME, target, result, NULL);
    puts(buffer_text(&out));
    return EXIT_FINE;
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

static int run_empty(const struct arguments *arguments, void *context)
{
    (void)context;
    return load_main(arguments, LOAD_KEEPALIVE, NULL);
}

/* ---- the table ---- */

static const struct option_info PROGRAM_OPTIONS[] = {
    {"license", 0, "FILE", "the license that machines ask for (default: acme.example studio pro)", false},
    {"vendor-key", 0, "FILE", "the vendor's verifier key", false},
    {"seen", 0, "FILE", "the checkpoint that machines have seen last (default: none)", false},
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
        {"requests", 0, "N", "end after so many, if the time is not over before", false}, \
    { \
        "workers", 0, "N", "processes, 1 or 2 (default: 1)", false \
    }

static const struct option_info KEEPALIVE_OPTIONS[] = {LOOP_OPTIONS, {0}};

static const struct option_info CONNECTION_OPTIONS[] = {
    LOOP_OPTIONS,
    {"sources", 0, "N", "addresses to connect from (default: 200)", false},
    {0},
};

static const struct option_info STORM_OPTIONS[] = {
    {"machines", 0, "N", "how many machines (default: 10000)", false},
    {"within", 0, "SECONDS", "all begin within this time (default: 1)", false},
    {"sources", 0, "N", "addresses to connect from (default: 200)", false},
    {0},
};

static const struct command_info COMMANDS[] = {
    {"keepalive", "ADDRESS:PORT", "kept connections", KEEPALIVE_OPTIONS, NULL, 1, 1, run_keepalive},
    {"connection", "ADDRESS:PORT", "a new connection for each request", CONNECTION_OPTIONS, NULL, 1, 1, run_connection},
    {"storm", "ADDRESS:PORT", "many machines, each on one connection, all at once", STORM_OPTIONS, NULL, 1, 1,
     run_storm},
    {"empty", "", "our own ceiling, against a server that does nothing", KEEPALIVE_OPTIONS, NULL, 0, 0, run_empty},
    {0},
};

static const struct program_info PROGRAM = {
    .name = PROGRAM_NAME,
    .summary = "Plays machines against a host on this machine's loopback and says how fast it answers.",
    .options = PROGRAM_OPTIONS,
    .commands = COMMANDS,
    .epilogue = "Prints one line of JSON. Sends to 127.0.0.0/8 and ::1 only.",
};

int main(int argc, char **argv)
{
    return program_main(&PROGRAM, argc, argv, NULL);
}
