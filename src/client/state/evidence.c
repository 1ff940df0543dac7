/* Evidence in the state folder; see evidence.h. */
#include "evidence.h"

#include "folder.h"

#include <stdio.h>

static RESULT piece_folder(const char *state, unsigned number, char ret_path[static PATH_SIZE])
{
    char name[sizeof FOLDER_EVIDENCE + 16];
    snprintf(name, sizeof name, FOLDER_EVIDENCE "/%u", number);
    return path_join(ret_path, state, name);
}

static RESULT each_in(const char *state, evidence_visitor *each, void *context, struct reason *reason)
{
    struct result broken = RESULT_OK;
    TRY(state_check(state, reason));
    for (unsigned number = 1; number <= EVIDENCE_COUNT_MAX; number++) {
        CLEANUP_BUFFER struct buffer text = buffer_make(EVIDENCE_TEXT_MAX);
        struct ledger_evidence evidence;
        char folder[PATH_SIZE];
        bool found = false;
        size_t size = 0;
        TRY(piece_folder(state, number, folder));
        struct result outcome = state_read(folder, FILE_NOTE, &text, &found, reason);
        if (result_code(outcome) == ERR_FILE_READ || result_code(outcome) == ERR_NO_MEMORY)
            return outcome;
        if (is_ok(outcome) && !found)
            continue;
        if (is_ok(outcome))
            outcome = evidence_read(buffer_slice(&text), &evidence, &size);
        if (is_ok(outcome) && size == text.size) {
            const struct evidence_piece piece = {folder, number, buffer_slice(&text), &evidence};
            TRY(each(context, &piece));
            continue;
        }
        broken = reason_say(reason, FAIL(STATE_BROKEN), "%s/" FILE_NOTE, folder);
    }
    return broken;
}

RESULT evidence_each(const aval_machine *machine, evidence_visitor *each, void *context, struct reason *reason)
{
    struct result of_system = RESULT_OK;
    if (machine->system[0] != 0)
        of_system = each_in(machine->system, each, context, reason);
    if (!is_ok(of_system) && result_code(of_system) != ERR_STATE_BROKEN)
        return of_system;
    const struct result of_own = each_in(machine->own, each, context, reason);
    return is_ok(of_own) ? of_system : of_own;
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

static RESULT look_at(void *context, const struct evidence_piece *piece)
{
    struct place *place = context;
    place->proofs += evidence_proves(piece->evidence->finding) ? 1 : 0;
    place->same += is_same(piece->evidence, place->evidence) ? 1 : 0;
    return RESULT_OK;
}

/* Broken ones included. */
static bool has_note(const char *state, unsigned number)
{
    char folder[PATH_SIZE];
    char path[PATH_SIZE];
    return state[0] != 0 && is_ok(piece_folder(state, number, folder)) && is_ok(path_join(path, folder, FILE_NOTE)) &&
           kept_exists(path);
}

/* How many numbers are taken, and the first that is free (0: none is): who sees both folders calls a piece by its
 * number alone, so that one which the system's has is the last choice. */
static void count_numbers(const aval_machine *machine, size_t *ret_taken, unsigned *ret_free)
{
    unsigned free_here = 0;
    *ret_taken = 0;
    *ret_free = 0;
    for (unsigned number = EVIDENCE_COUNT_MAX; number > 0; number--) {
        if (has_note(machine->folder, number)) {
            (*ret_taken)++;
            continue;
        }
        free_here = number;
        if (!has_note(machine->system, number))
            *ret_free = number;
    }
    if (*ret_free == 0)
        *ret_free = free_here;
}

/* The number for a new piece; 0 where there is enough of its kind. What cannot be read any more counts as no proof. */
static RESULT find_number(const aval_machine *machine, const struct ledger_evidence *evidence, unsigned *ret_number,
                          struct reason *reason)
{
    struct place place = {.evidence = evidence};
    struct reason words = {.text = ""};
    size_t taken = 0;
    const struct result looked = each_in(machine->folder, look_at, &place, &words);
    if (!is_ok(looked) && result_code(looked) != ERR_STATE_BROKEN)
        return reason_say(reason, looked, "%s", words.text);
    count_numbers(machine, &taken, ret_number);
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
    TRY(piece_folder(machine->folder, number, folder));
    TRY(kept_make(folder, MODE_FOLDER, reason));
    TRY(state_write(folder, FILE_KEPT, evidence->kept, MODE_FILE, reason));
    TRY(state_write(folder, FILE_SHOWN, evidence->shown, MODE_FILE, reason));
    TRY(path_join(path, folder, FILE_NOTE));
    TRY(kept_create(path, buffer_slice(&text), MODE_FILE, reason));
    *ret_number = number;
    return RESULT_OK;
}
