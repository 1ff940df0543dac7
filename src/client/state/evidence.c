/* Evidence in the state folder; see evidence.h. */
#include "evidence.h"

#include "folder.h"

#include <stdio.h>

static RESULT piece_folder(const aval_machine *machine, unsigned number, char ret_path[static PATH_SIZE])
{
    char name[sizeof FOLDER_EVIDENCE + 16];
    snprintf(name, sizeof name, FOLDER_EVIDENCE "/%u", number);
    return path_join(ret_path, machine->folder, name);
}

RESULT evidence_each(const aval_machine *machine, evidence_visitor *each, void *context, struct reason *reason)
{
    struct result broken = RESULT_OK;
    TRY(state_check(machine->folder, reason));
    for (unsigned number = 1; number <= EVIDENCE_COUNT_MAX; number++) {
        CLEANUP_BUFFER struct buffer text = buffer_make(EVIDENCE_TEXT_MAX);
        struct ledger_evidence evidence;
        char folder[PATH_SIZE];
        bool found = false;
        size_t size = 0;
        TRY(piece_folder(machine, number, folder));
        struct result outcome = state_read(folder, FILE_NOTE, &text, &found, reason);
        if (result_code(outcome) == ERR_FILE_READ || result_code(outcome) == ERR_NO_MEMORY)
            return outcome;
        if (is_ok(outcome) && !found)
            continue;
        if (is_ok(outcome))
            outcome = evidence_read(buffer_slice(&text), &evidence, &size);
        if (is_ok(outcome) && size == text.size) {
            TRY(each(context, number, buffer_slice(&text), &evidence));
            continue;
        }
        broken = reason_say(reason, FAIL(STATE_BROKEN), "%s/" FILE_NOTE, folder);
    }
    return broken;
}

/* How much there is already of what a new piece would stand beside. */
struct place {
    const struct ledger_evidence *evidence;
    size_t proofs;
    size_t same;
};

static bool is_same(const struct ledger_evidence *a, const struct ledger_evidence *b)
{
    if (evidence_proves(a->finding))
        return evidence_proves(b->finding) && verifier_key_equal(&a->host_key, &b->host_key);
    return a->finding == b->finding && slice_equal(a->kept, b->kept);
}

static RESULT look_at(void *context, unsigned number, struct slice text, const struct ledger_evidence *evidence)
{
    struct place *place = context;
    (void)number;
    (void)text;
    place->proofs += evidence_proves(evidence->finding) ? 1 : 0;
    place->same += is_same(evidence, place->evidence) ? 1 : 0;
    return RESULT_OK;
}

/* How many numbers have a note, broken ones included, and the first that has none; 0: every one has. */
static RESULT count_numbers(const aval_machine *machine, size_t *ret_taken, unsigned *ret_free)
{
    char folder[PATH_SIZE];
    char path[PATH_SIZE];
    *ret_taken = 0;
    *ret_free = 0;
    for (unsigned number = 1; number <= EVIDENCE_COUNT_MAX; number++) {
        TRY(piece_folder(machine, number, folder));
        TRY(path_join(path, folder, FILE_NOTE));
        if (file_exists(path))
            (*ret_taken)++;
        else if (*ret_free == 0)
            *ret_free = number;
    }
    return RESULT_OK;
}

/* The number for a new piece; 0 where there is enough of its kind. What cannot be read any more counts as no proof. */
static RESULT find_number(const aval_machine *machine, const struct ledger_evidence *evidence, unsigned *ret_number,
                          struct reason *reason)
{
    struct place place = {.evidence = evidence};
    struct reason words = {.text = ""};
    size_t taken = 0;
    const struct result looked = evidence_each(machine, look_at, &place, &words);
    if (!is_ok(looked) && result_code(looked) != ERR_STATE_BROKEN)
        return reason_say(reason, looked, "%s", words.text);
    TRY(count_numbers(machine, &taken, ret_number));
    const size_t of_its_kind = evidence_proves(evidence->finding) ? place.proofs : taken - place.proofs;
    if (place.same >= EVIDENCE_SAME_MAX || of_its_kind >= EVIDENCE_ROOM)
        *ret_number = 0;
    return RESULT_OK;
}

RESULT evidence_keep(const aval_machine *machine, const struct ledger_evidence *evidence, unsigned *ret_number,
                     struct reason *reason)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(EVIDENCE_TEXT_MAX);
    char folder[PATH_SIZE];
    char path[PATH_SIZE];
    unsigned number = 0;
    TRY(evidence_write(evidence, &text));
    TRY(find_number(machine, evidence, &number, reason));
    if (number == 0) {
        *ret_number = 0;
        return RESULT_OK;
    }
    TRY(piece_folder(machine, number, folder));
    TRY(folder_make(folder, MODE_FOLDER, reason));
    TRY(state_write(folder, FILE_KEPT, evidence->kept, MODE_FILE, reason));
    TRY(state_write(folder, FILE_SHOWN, evidence->shown, MODE_FILE, reason));
    TRY(path_join(path, folder, FILE_NOTE));
    TRY(file_create(path, buffer_slice(&text), MODE_FILE, reason));
    *ret_number = number;
    return RESULT_OK;
}
