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
    TRY(state_check(machine, reason));
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

struct place {
    const struct ledger_evidence *evidence;
    size_t same_kept;
};

static RESULT look_at(void *context, unsigned number, struct slice text, const struct ledger_evidence *evidence)
{
    struct place *place = context;
    (void)number;
    (void)text;
    place->same_kept += slice_equal(evidence->kept, place->evidence->kept) ? 1 : 0;
    return RESULT_OK;
}

/* The first number under which there is no note, broken ones included; 0: none. */
static RESULT free_number(const aval_machine *machine, unsigned *ret_number)
{
    char folder[PATH_SIZE];
    char path[PATH_SIZE];
    for (unsigned number = 1; number <= EVIDENCE_COUNT_MAX; number++) {
        TRY(piece_folder(machine, number, folder));
        TRY(path_join(path, folder, FILE_NOTE));
        if (!file_exists(path)) {
            *ret_number = number;
            return RESULT_OK;
        }
    }
    *ret_number = 0;
    return RESULT_OK;
}

RESULT evidence_keep(const aval_machine *machine, const struct ledger_evidence *evidence, unsigned *ret_number,
                     struct reason *reason)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(EVIDENCE_TEXT_MAX);
    struct place place = {.evidence = evidence};
    char folder[PATH_SIZE];
    char path[PATH_SIZE];
    unsigned number = 0;
    TRY(evidence_write(evidence, &text));
    struct reason words = {.text = ""};
    const struct result looked = evidence_each(machine, look_at, &place, &words);
    if (!is_ok(looked) && result_code(looked) != ERR_STATE_BROKEN)
        return reason_say(reason, looked, "%s", words.text);
    if (place.same_kept < EVIDENCE_SAME_KEPT_MAX)
        TRY(free_number(machine, &number));
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
