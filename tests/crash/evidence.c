/* What the clients hold in their hands; see evidence.h. */
#include "evidence.h"

#include "core/documents/leaf.h"
#include "core/tlog/proof.h"
#include "proto/answer.h"
#include "proto/introduction.h"

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
    free(evidence->askeds);
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

/* ---- what was asked ---- */

RESULT evidence_asked(struct evidence *evidence, struct machine *machine)
{
    const struct errand *const question = &machine->question;
    GROW(evidence, asked);
    evidence->askeds[evidence->asked_count++] = (struct asked){
        .release = question->release, .number = question->number, .note = question->note, .before = machine->asked};
    machine->asked = (uint32_t)evidence->asked_count;
    return RESULT_OK;
}

bool evidence_signed(const struct evidence *evidence, const struct machine *machine, const struct hash *note,
                     const struct asked **ret_asked)
{
    for (uint32_t at = machine->asked; at != 0; at = evidence->askeds[at - 1].before) {
        *ret_asked = &evidence->askeds[at - 1];
        if (hash_equal(&(*ret_asked)->note, note))
            return true;
    }
    return false;
}

/* ---- answers ---- */

RESULT evidence_keep(struct evidence *evidence, uint32_t number, const struct machine *machine, struct slice body)
{
    GROW(evidence, letter);
    const size_t at = evidence->bodies.size;
    buffer_append_slice(&evidence->bodies, body);
    TRY(buffer_status(&evidence->bodies));
    evidence->letters[evidence->letter_count++] = (struct letter){.machine = number,
                                                                  .asking = machine->asking,
                                                                  .unsure = machine->unsure,
                                                                  .question = machine->question,
                                                                  .at = at,
                                                                  .size = body.size};
    return RESULT_OK;
}

/* Number of the checkpoint of a note, from 1; answers of one batch share theirs. */
static RESULT open_checkpoint(struct evidence *evidence, struct slice note, uint32_t *ret_number)
{
    const struct hash hash = hash_of(note);
    if (evidence->checkpoint_count == 0 || !hash_equal(&hash, &evidence->last_note)) {
        struct checkpoint checkpoint;
        GROW(evidence, checkpoint);
        TRY(checkpoint_open(note, &evidence->key, &checkpoint));
        TRY(seen_make(&checkpoint, note, &evidence->key, &evidence->checkpoints[evidence->checkpoint_count]));
        evidence->checkpoint_count++;
        evidence->last_note = hash;
    }
    *ret_number = (uint32_t)evidence->checkpoint_count;
    return RESULT_OK;
}

RESULT evidence_introduce(struct evidence *evidence, struct slice body, struct slice license, struct machine *machine)
{
    struct introduction introduction;
    TRY(introduction_read(body, &introduction));
    ENSURE(slice_equal(introduction.license, license), LICENSE_SIGNER);
    return open_checkpoint(evidence, introduction.checkpoint, &machine->seen);
}

/* Whether the leaf is what this machine asked for; *ret_again where it is a running lease given again. */
static RESULT check_leaf(const struct evidence *evidence, const struct letter *letter, const struct machine *machine,
                         const struct leaf *leaf, bool *ret_again)
{
    const struct verifier_key *const key = leaf_machine_key(leaf);
    const struct hash note = hash_of(leaf->note);
    const struct asked *asked;
    ENSURE(leaf->kind == (letter->question.release ? LEAF_RELEASED : LEAF_LEASE), DOCUMENT_TYPE);
    ENSURE(verifier_key_equal(key, &machine->key.verifier), LEASE_OTHER_MACHINE);
    *ret_again = !hash_equal(&note, &letter->question.note);
    if (!*ret_again)
        return RESULT_OK;
    ENSURE(!letter->question.release && evidence_signed(evidence, machine, &note, &asked), LEASE_OTHER_REQUEST);
    ENSURE(!asked->release && asked->number < letter->question.number, LEASE_OTHER_REQUEST);
    ENSURE(asked->number > machine->released, LEASE_OTHER_REQUEST);
    return RESULT_OK;
}

/* Whether the tree extends the one that the machine had seen when it asked. */
static RESULT check_extends(struct evidence *evidence, const struct letter *letter, const struct answer *answer,
                            const struct seen *now)
{
    const struct seen *const then = &evidence->checkpoints[letter->question.seen - 1];
    if (then->size == 0)
        return RESULT_OK;
    TRY(consistency_verify(then->size, now->size, answer->consistency, answer->consistency_length, &then->root,
                           &now->root));
    evidence->extensions++;
    return RESULT_OK;
}

/* A note that had been answered leads to the leaf that it led to before. */
static void check_repeated(struct evidence *evidence, const struct letter *letter, const struct machine *machine,
                           uint64_t index, struct faults *faults)
{
    if (letter->asking != ASKS_AGAIN || machine->leaf_number != letter->question.number)
        return;
    evidence->repeated++;
    if (machine->leaf != index)
        fault_add(faults, FAULT_DUPLICATED,
                  "machine %" PRIu32 " sends a note again that led to leaf %" PRIu64 ", and receives leaf %" PRIu64,
                  letter->machine, machine->leaf, index);
}

static RESULT take_leaf(struct evidence *evidence, const struct letter *letter, const struct tlog_proof *proof,
                        struct machine *machine, struct faults *faults)
{
    const struct slice text = slice_make(proof->extra, proof->extra_size);
    struct leaf leaf;
    bool again;
    TRY(leaf_read(text, &leaf));
    TRY(check_leaf(evidence, letter, machine, &leaf, &again));
    check_repeated(evidence, letter, machine, proof->index, faults);
    machine->leaf = proof->index;
    machine->leaf_number = leaf_number(&leaf);
    machine->leaf_hash = merkle_leaf(text);
    if (letter->question.release)
        machine->released = letter->question.number;
    evidence->releases += letter->question.release;
    evidence->given_again += again;
    return RESULT_OK;
}

static RESULT open_answer(struct evidence *evidence, const struct letter *letter, struct slice body,
                          struct machine *machine, struct faults *faults)
{
    struct answer answer;
    struct tlog_proof proof;
    uint32_t seen;
    TRY(answer_read(body, &answer));
    TRY(tlog_proof_read(answer.proof, &proof));
    ENSURE(proof.has_extra, PROOF_FORM);
    const struct hash leaf = merkle_leaf(slice_make(proof.extra, proof.extra_size));
    TRY(open_checkpoint(evidence, proof.checkpoint, &seen));
    const struct seen *const checkpoint = &evidence->checkpoints[seen - 1];
    TRY(inclusion_verify(proof.index, checkpoint->size, &leaf, proof.path, proof.path_length, &checkpoint->root));
    TRY(take_leaf(evidence, letter, &proof, machine, faults));
    TRY(check_extends(evidence, letter, &answer, checkpoint));
    GROW(evidence, answer);
    evidence->answers[evidence->answer_count++] = (struct received){
        .machine = letter->machine, .release = letter->question.release, .index = proof.index, .leaf = leaf};
    machine->seen = seen;
    return RESULT_OK;
}

/* The leaf behind number-used: the last one of the machine, which believes it by its own signature. */
static RESULT open_used(struct evidence *evidence, const struct letter *letter, struct slice body,
                        const struct machine *machine, struct faults *faults)
{
    struct slice text;
    struct leaf leaf;
    const struct asked *asked;
    (void)document_head(body, &text);
    TRY(leaf_open_own(text, &machine->key.verifier, &leaf));
    const struct hash note = hash_of(leaf.note);
    ENSURE(evidence_signed(evidence, machine, &note, &asked), LEASE_OTHER_REQUEST);
    ENSURE(asked->number >= letter->question.number, LEASE_OTHER_REQUEST);
    evidence->used++;
    const struct hash hash = merkle_leaf(text);
    if (!letter->unsure && !hash_equal(&hash, &machine->leaf_hash))
        fault_add(faults, FAULT_LOST,
                  "machine %" PRIu32 " is shown leaf of number %" PRIu64 " as its last; it received one of %" PRIu64,
                  letter->machine, leaf_number(&leaf), machine->leaf_number);
    return RESULT_OK;
}

static RESULT open_letter(struct evidence *evidence, const struct letter *letter, struct machine *machine,
                          struct faults *faults)
{
    const struct slice body = slice_make(evidence->bodies.data + letter->at, letter->size);
    return letter->asking == ASKS_AS_COPY ? open_used(evidence, letter, body, machine, faults)
                                          : open_answer(evidence, letter, body, machine, faults);
}

RESULT evidence_open(struct evidence *evidence, struct machines *machines, struct faults *faults)
{
    for (size_t i = 0; i < evidence->letter_count; i++) {
        const struct letter *const letter = &evidence->letters[i];
        const struct result result = open_letter(evidence, letter, &machines->list[letter->machine], faults);
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
