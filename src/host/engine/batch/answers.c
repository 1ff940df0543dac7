/*
 * Bodies of answers; see state.h.
 *
 * Always: a job has one answer at a time; an answer that is given again replaces the first. Memory for a body is the
 * one thing that can fail here: then the body is NULL and the status 503.
 */
#include "batch/answers.h"
#include "ledgers.h"
#include "state.h"
#include "store/ledger.h"

#include <stdlib.h>
#include <string.h>

void job_drop_answer(struct job *job)
{
    if (job->body != job->usual_answer)
        free(job->body);
    job->body = NULL;
    job->body_size = 0;
}

/* Most bodies are in the job itself: made by one thread and gone with another, they would come from a heap that both
 * have to lock, and that grows and shrinks with each batch. */
void answer_text(struct job *job, int http_status, struct slice body)
{
    job_drop_answer(job);
    job->body = body.size <= sizeof job->usual_answer ? job->usual_answer : malloc(body.size);
    if (job->body == NULL) {
        job->http_status = 503;
        return;
    }
    if (body.size > 0)
        memcpy(job->body, body.data, body.size);
    job->body_size = body.size;
    job->http_status = http_status;
}

void answer_denial(struct job *job, enum error_code code, seconds retry_after)
{
    const struct denial denial = denial_make(code, retry_after);
    CLEANUP_BUFFER struct buffer text = buffer_make(ANSWER_MAX);
    result_ignore(denial_write(&denial, &text)); /* can fail for want of memory alone: then the body is empty */
    answer_text(job, error_info(code)->http_status, buffer_slice(&text));
}

/* Copies leaf `index` into the proof: from the batch where it is of this one, otherwise from the store. */
static RESULT put_leaf(struct engine *engine, struct ledger *ledger, uint64_t first, uint64_t index)
{
    struct tlog_proof *const proof = &engine->proof;
    struct slice leaf;
    if (index >= first) {
        leaf = ledger->leaves[index - first];
    } else {
        buffer_clear(&engine->leaf);
        TRY(store_leaf_get(engine->options.store, ledger->number, index, &engine->leaf, &engine->reason));
        leaf = buffer_slice(&engine->leaf);
    }
    ENSURE(leaf.size <= sizeof proof->extra, STORE_CORRUPT);
    proof->has_extra = true;
    proof->extra_size = leaf.size;
    memcpy(proof->extra, leaf.data, leaf.size);
    return RESULT_OK;
}

static RESULT put_proof(struct engine *engine, struct ledger *ledger, uint64_t index)
{
    struct tlog_proof *const proof = &engine->proof;
    const uint64_t size = ledger->frontier.size;
    const uint64_t first = ledger->appended == NULL ? size : size - ledger->count;
    TRY(put_leaf(engine, ledger, first, index));
    proof->index = index;
    proof->checkpoint = buffer_slice(&ledger->checkpoint);
    if (index >= first) {
        proof->path_length = merkle_batch_proof(ledger->appended, (size_t)(index - first), proof->path);
        return RESULT_OK;
    }
    struct store_tiles context;
    struct tile_source tiles;
    TRY(ledger_tiles(engine, ledger, &context, &tiles));
    return inclusion_prove(&tiles, index, size, proof->path, &proof->path_length);
}

/* A machine that saw nothing, or another epoch, gets no proof. */
static RESULT put_consistency(struct engine *engine, struct ledger *ledger, const struct seen *of_machine)
{
    struct answer *const answer = &engine->answer;
    const uint64_t size = ledger->frontier.size;
    const uint64_t seen = of_machine->size;
    answer->consistency_length = 0;
    if (seen == 0 || seen >= size || strcmp(of_machine->origin, ledger->origin) != 0)
        return RESULT_OK;
    if (ledger->proved_seen != seen || ledger->proved_size != size) {
        struct store_tiles context;
        struct tile_source tiles;
        ledger->proved_seen = 0;
        TRY(ledger_tiles(engine, ledger, &context, &tiles));
        TRY(consistency_prove(&tiles, seen, size, ledger->proved, &ledger->proved_length));
        ledger->proved_seen = seen;
        ledger->proved_size = size;
    }
    answer->consistency_length = ledger->proved_length;
    memcpy(answer->consistency, ledger->proved, ledger->proved_length * sizeof *ledger->proved);
    return RESULT_OK;
}

static const struct seen *seen_of(const struct job *job)
{
    return job->kind == JOB_ACTIVATE ? &job->request.seen : &job->release.seen;
}

RESULT answer_leaf(struct engine *engine, const struct entry *entry)
{
    struct ledger *const ledger = entry->vendor->ledger;
    struct buffer *const body = &engine->body;
    buffer_clear(body);
    TRY(put_proof(engine, ledger, entry->leaf));
    TRY(put_consistency(engine, ledger, seen_of(entry->job)));
    engine->answer.revocations = entry->vendor->vendor->revocations_sequence;
    engine->answer.proof = (struct slice){NULL, 0}; /* written behind it */
    answer_write(&engine->answer, body);
    tlog_proof_write(&engine->proof, body);
    TRY(buffer_status(body));
    answer_text(entry->job, 200, buffer_slice(body));
    return RESULT_OK;
}
