/* What the clients hold in their hands; see evidence.h. */
#include "evidence.h"

#include "core/tlog/proof.h"
#include "proto/answer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { BODIES_MAX = 1 << 30 };

struct evidence evidence_make(const struct verifier_key *key)
{
    return (struct evidence){.key = *key, .bodies = buffer_make(BODIES_MAX)};
}

void evidence_free(struct evidence *evidence)
{
    free(evidence->answers);
    free(evidence->checkpoints);
    free(evidence->letters);
    buffer_free(&evidence->bodies);
    *evidence = (struct evidence){0};
}

/* The list with room for one more. */
static RESULT grow(void *list, size_t count, size_t *capacity, size_t size, void **ret_list)
{
    *ret_list = list;
    if (count < *capacity)
        return RESULT_OK;
    const size_t wanted = *capacity == 0 ? 1024 : *capacity * 2;
    void *const grown = reallocarray(list, wanted, size);
    ENSURE(grown != NULL, NO_MEMORY);
    *ret_list = grown;
    *capacity = wanted;
    return RESULT_OK;
}
#define GROW(evidence, kind) \
    do { \
        void *grown_; \
        TRY(grow((evidence)->kind##s, (evidence)->kind##_count, &(evidence)->kind##_capacity, \
                 sizeof *(evidence)->kind##s, &grown_)); \
        (evidence)->kind##s = grown_; \
    } while (0)

RESULT evidence_keep(struct evidence *evidence, uint32_t number, const struct machine *machine, struct slice body)
{
    GROW(evidence, letter);
    const size_t at = evidence->bodies.size;
    buffer_append_slice(&evidence->bodies, body);
    TRY(buffer_status(&evidence->bodies));
    evidence->letters[evidence->letter_count++] = (struct letter){.machine = number,
                                                                  .release = machine->asking == ASKS_RELEASE,
                                                                  .nonce = machine->nonce,
                                                                  .seen = machine->said,
                                                                  .at = at,
                                                                  .size = body.size};
    return RESULT_OK;
}

uint64_t evidence_seen(const struct evidence *evidence, const struct machine *machine)
{
    return machine->seen == 0 ? 0 : evidence->checkpoints[machine->seen - 1].size;
}

/* The checkpoint of a note; answers of one batch share theirs. */
static RESULT open_checkpoint(struct evidence *evidence, struct slice note, const struct checkpoint **ret_checkpoint)
{
    const struct hash hash = hash_of(note);
    if (evidence->checkpoint_count == 0 || !hash_equal(&hash, &evidence->last_note)) {
        GROW(evidence, checkpoint);
        TRY(checkpoint_open(note, &evidence->key, &evidence->checkpoints[evidence->checkpoint_count]));
        evidence->checkpoint_count++;
        evidence->last_note = hash;
    }
    *ret_checkpoint = &evidence->checkpoints[evidence->checkpoint_count - 1];
    return RESULT_OK;
}

/* Whether the leaf is what this machine asked for. */
static RESULT check_leaf(const struct letter *letter, const struct machine *machine, struct slice text)
{
    if (letter->release) {
        struct released released;
        TRY(released_read(text, &released));
        ENSURE(memcmp(&released.machine, &machine->id, sizeof machine->id) == 0, LEASE_OTHER_MACHINE);
        ENSURE(memcmp(released.secret, machine->secret, sizeof machine->secret) == 0, RELEASE_SECRET);
        return RESULT_OK;
    }
    struct lease lease;
    TRY(lease_read(text, &lease));
    ENSURE(memcmp(&lease.machine, &machine->id, sizeof machine->id) == 0, LEASE_OTHER_MACHINE);
    ENSURE(memcmp(&lease.nonce, &letter->nonce, sizeof letter->nonce) == 0, LEASE_OTHER_NONCE);
    return RESULT_OK;
}

/* Whether the tree extends the one that the machine had seen when it asked. */
static RESULT check_extends(struct evidence *evidence, const struct letter *letter, const struct answer *answer,
                            const struct checkpoint *now)
{
    if (letter->seen == 0)
        return RESULT_OK;
    const struct checkpoint *const then = &evidence->checkpoints[letter->seen - 1];
    TRY(consistency_verify(then->size, now->size, answer->consistency, answer->consistency_length, &then->root,
                           &now->root));
    evidence->extensions++;
    return RESULT_OK;
}

static RESULT open_letter(struct evidence *evidence, const struct letter *letter, struct machine *machine)
{
    struct slice body = slice_make(evidence->bodies.data + letter->at, letter->size);
    struct answer answer = {0};
    if (!letter->release) {
        TRY(answer_read(body, &answer));
        body = answer.proof;
    }
    struct tlog_proof proof;
    TRY(tlog_proof_read(body, &proof));
    ENSURE(proof.has_extra, PROOF_FORM);
    const struct slice text = slice_make(proof.extra, proof.extra_size);
    const struct hash leaf = merkle_leaf(text);
    const struct checkpoint *checkpoint;
    TRY(open_checkpoint(evidence, proof.checkpoint, &checkpoint));
    TRY(inclusion_verify(proof.index, checkpoint->size, &leaf, proof.path, proof.path_length, &checkpoint->root));
    TRY(check_leaf(letter, machine, text));
    if (!letter->release)
        TRY(check_extends(evidence, letter, &answer, checkpoint));
    GROW(evidence, answer);
    evidence->answers[evidence->answer_count++] =
        (struct received){.machine = letter->machine, .release = letter->release, .index = proof.index, .leaf = leaf};
    evidence->releases += letter->release;
    machine->seen = (uint32_t)(checkpoint - evidence->checkpoints) + 1;
    return RESULT_OK;
}

RESULT evidence_open(struct evidence *evidence, struct machines *machines, struct faults *faults)
{
    for (size_t i = 0; i < evidence->letter_count; i++) {
        const struct letter *const letter = &evidence->letters[i];
        const struct result result = open_letter(evidence, letter, &machines->list[letter->machine]);
        if (result_code(result) == ERR_NO_MEMORY)
            return result;
        if (!is_ok(result))
            fault_add(faults, FAULT_CHECKPOINT, "an answer to machine %" PRIu32 " does not hold: %s, line %u",
                      letter->machine, error_info(result_code(result))->name, result_place(result));
    }
    evidence->letter_count = 0;
    buffer_clear(&evidence->bodies);
    return RESULT_OK;
}
