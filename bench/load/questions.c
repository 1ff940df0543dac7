/* What the machines of a run ask; see questions.h. */
#include "questions.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOOK_NS 100000000L /* between two looks at the signing processes */

RESULT question_machine(const struct question_plan *plan, uint64_t n, struct bench_machine *ret_machine)
{
    const uint64_t at = (plan->start % plan->machines_count + n) % plan->machines_count;
    return bench_machine_make(plan->machine_seed, plan->machines_from + at, ret_machine);
}

RESULT question_write(const struct question_plan *plan, uint64_t n, struct buffer *out, size_t *ret_body)
{
    struct bench_machine machine;
    struct request request = plan->request;
    TRY(question_machine(plan, n, &machine));
    request.number = plan->number + n;
    CLEANUP_BUFFER struct buffer note = buffer_make(MACHINE_NOTE_MAX);
    TRY(bench_machine_ask(&machine, &request, &note));
    const size_t began = out->size;
    buffer_printf(out,
                  "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: aval/" AVAL_VERSION
                  "\r\nAccept: */*\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %zu\r\n\r\n",
                  plan->path, plan->host, note.size);
    *ret_body = out->size - began;
    buffer_append_slice(out, buffer_slice(&note));
    return buffer_status(out);
}

struct slice question_message(const struct questions *questions, uint64_t n)
{
    return slice_make(questions->messages + (size_t)(n % questions->count) * questions->size, questions->size);
}

struct slice question_note(const struct questions *questions, uint64_t n)
{
    const struct slice message = question_message(questions, n);
    return slice_make(message.data + questions->body, message.size - questions->body);
}

/* ---- signing ---- */

/* Memory that all signing processes share: how far each is, and behind it the messages. */
struct progress_of_all {
    _Atomic uint64_t done[SIGNERS_MAX];
};

static size_t mapping_size(const struct questions *questions)
{
    return (size_t)questions->count * questions->size;
}

static RESULT sign_share(const struct questions *questions, unsigned signer, unsigned signers, _Atomic uint64_t *done)
{
    CLEANUP_BUFFER struct buffer message = buffer_make(QUESTION_MAX);
    for (uint64_t n = signer; n < questions->count; n += signers) {
        size_t body;
        buffer_clear(&message);
        TRY(question_write(&questions->plan, n, &message, &body));
        ENSURE(message.size == questions->size && body == questions->body, INTERNAL);
        memcpy(questions->messages + (size_t)n * questions->size, message.data, message.size);
        (*done)++;
    }
    return RESULT_OK;
}

static unsigned signers_of(uint64_t count)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    const unsigned most = processors < 1 ? 1 : processors > SIGNERS_MAX ? SIGNERS_MAX : (unsigned)processors;
    return count < most ? (unsigned)count : most;
}

static pid_t start_signer(const struct questions *questions, unsigned signer, unsigned signers, _Atomic uint64_t *done)
{
    const pid_t process = fork();
    if (process != 0)
        return process;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    _exit(is_ok(sign_share(questions, signer, signers, done)) ? 0 : 1);
}

/* Waits for the end of all that were started. */
static RESULT wait_for(const pid_t *processes, unsigned count, const struct progress_of_all *all,
                       void (*shown)(void *context, uint64_t done), void *context)
{
    struct result result = RESULT_OK;
    for (unsigned i = 0; i < count; i++) {
        int status = -1;
        pid_t ended = processes[i] < 0 ? -1 : 0;
        while (ended == 0) {
            const struct timespec pause = {0, LOOK_NS};
            uint64_t done = 0;
            ended = waitpid(processes[i], &status, WNOHANG);
            for (unsigned signer = 0; signer < count; signer++)
                done += all->done[signer];
            if (shown != NULL)
                shown(context, done);
            if (ended == 0)
                nanosleep(&pause, NULL);
        }
        if (ended < 0 || status != 0)
            result = FAIL(INTERNAL);
    }
    return result;
}

static RESULT sign_all(const struct questions *questions, void (*shown)(void *context, uint64_t done), void *context)
{
    const unsigned signers = signers_of(questions->count);
    pid_t processes[SIGNERS_MAX];
    struct progress_of_all *all = mmap(NULL, sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ENSURE(all != MAP_FAILED, NO_MEMORY);
    for (unsigned i = 0; i < signers; i++)
        processes[i] = start_signer(questions, i, signers, &all->done[i]);
    const struct result result = wait_for(processes, signers, all, shown, context);
    munmap(all, sizeof *all);
    return result;
}

/* The first one, which tells the size of all. */
static RESULT measure_one(struct questions *questions)
{
    CLEANUP_BUFFER struct buffer message = buffer_make(QUESTION_MAX);
    TRY(question_write(&questions->plan, 0, &message, &questions->body));
    questions->size = message.size;
    return RESULT_OK;
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

RESULT questions_sign(const struct question_plan *plan, uint64_t count, void (*shown)(void *context, uint64_t done),
                      void *context, struct questions *ret_questions)
{
    struct questions questions = {.plan = *plan, .count = count};
    const double began = seconds_now();
    TRY(measure_one(&questions));
    questions.messages =
        mmap(NULL, mapping_size(&questions), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ENSURE(questions.messages != MAP_FAILED, NO_MEMORY);
    const struct result result = sign_all(&questions, shown, context);
    if (!is_ok(result)) {
        questions_free(&questions);
        return result;
    }
    questions.seconds = seconds_now() - began;
    *ret_questions = questions;
    return RESULT_OK;
}

void questions_free(struct questions *questions)
{
    if (questions->messages != NULL)
        munmap(questions->messages, mapping_size(questions));
    questions->messages = NULL;
}
