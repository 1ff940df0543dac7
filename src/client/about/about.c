/* What this machine tells of itself; see about.h. */
#include "about.h"

#include "machine/environment.h"
#include "state/folder.h"

#include <string.h>

/* ---- what is kept ---- */

static RESULT read_telling(const char *folder, struct telling *ret_telling, bool *ret_found, struct reason *reason)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    TRY(state_read(folder, FILE_TELLING, &text, ret_found, reason));
    if (!*ret_found)
        return RESULT_OK;
    const struct result read = telling_read(buffer_slice(&text), ret_telling);
    return is_ok(read) ? RESULT_OK : reason_say(reason, record_fault(read), "%s/" FILE_TELLING, folder);
}

/* Of the product's folder; where nobody has said anything there, of the system's. */
static RESULT load_telling(const aval_machine *machine, struct telling *ret_telling, bool *ret_found,
                           struct reason *reason)
{
    *ret_telling = (struct telling){.what = TELL_PRODUCT};
    TRY(read_telling(machine->folder, ret_telling, ret_found, reason));
    if (*ret_found || machine->system[0] == 0)
        return RESULT_OK;
    return read_telling(machine->system, ret_telling, ret_found, reason);
}

static RESULT load_attached(const char *folder, struct about_says *ret_says, bool *ret_found, struct reason *reason)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    TRY(state_read(folder, FILE_ATTACHED, &text, ret_found, reason));
    if (!*ret_found)
        return RESULT_OK;
    const struct result read = attached_read(buffer_slice(&text), ret_says);
    return is_ok(read) ? RESULT_OK : reason_say(reason, record_fault(read), "%s/" FILE_ATTACHED, folder);
}

/* Whether the file says just that. */
static bool is_there(const char *folder, const char *file, struct slice text)
{
    CLEANUP_BUFFER struct buffer kept = buffer_make(RECORD_MAX);
    bool found = false;
    return is_ok(state_read(folder, file, &kept, &found, NULL)) && found && slice_equal(buffer_slice(&kept), text);
}

/* Products do this at each start, whoever runs them. */
static RESULT store(const aval_machine *machine, const char *folder, const char *file, struct slice text,
                    struct reason *reason)
{
    CLEANUP_LOCK struct file_hold lock = FILE_HOLD_NONE;
    if (is_there(folder, file, text))
        return RESULT_OK;
    TRY(state_lock(machine, &lock, reason));
    return state_write(folder, file, text, MODE_FILE, reason);
}

RESULT telling_store(const aval_machine *machine, const struct telling *telling, struct reason *reason)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    TRY(telling_write(telling, &text));
    return store(machine, machine->folder, FILE_TELLING, buffer_slice(&text), reason);
}

/* One who has never said anything and says nothing needs no file. */
RESULT attached_store(const aval_machine *machine, const struct installation *installation,
                      const struct about_says *says, struct reason *reason)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    struct about_says kept;
    bool found = false;
    TRY(attached_write(says, &text));
    const bool nothing = says->version[0] == 0 && says->data_count == 0;
    if (nothing && is_ok(load_attached(installation->folder, &kept, &found, NULL)) && !found)
        return RESULT_OK;
    return store(machine, installation->folder, FILE_ATTACHED, buffer_slice(&text), reason);
}

/* ---- what is told ---- */

/* The owner's word for it, or the system's; none where that is no text to be shown. */
static void find_name(const struct telling *telling, char ret_name[static TEXT_SIZE])
{
    char name[TEXT_SIZE] = "";
    if (telling->name[0] != 0)
        memcpy(name, telling->name, sizeof name);
    else if (!environment_host_name(name, sizeof name) || !is_ok(about_text_check(slice_of(name), sizeof name - 1)))
        name[0] = 0;
    memcpy(ret_name, name, sizeof name);
}

RESULT about_gather(const aval_machine *machine, const struct installation *installation, struct about_told *ret_told,
                    struct reason *reason)
{
    struct about_told told = {.anything = false};
    bool allowed = false;
    bool attached = false;
    TRY(load_telling(machine, &told.telling, &allowed, reason));
    TRY(load_attached(installation->folder, &told.says, &attached, reason));
    if (told.telling.what == TELL_NOTHING)
        told.says = (struct about_says){.name = ""};
    if (told.telling.what == TELL_NAME)
        find_name(&told.telling, told.says.name);
    told.anything = allowed || attached;
    *ret_told = told;
    return RESULT_OK;
}

static RESULT append(const aval_machine *machine, const struct installation *installation, struct slice request_note,
                     const struct signing_key *machine_key, struct buffer *out)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(ABOUT_NOTE_MAX);
    struct about_told told;
    TRY(about_gather(machine, installation, &told, NULL));
    if (!told.anything)
        return RESULT_OK;
    const struct about about = {.request = hash_of(request_note), .says = told.says};
    TRY(about_write(&about, &text));
    return machine_note_sign(buffer_slice(&text), machine_key, out);
}

void about_append(const aval_machine *machine, const struct installation *installation, struct slice request_note,
                  const struct signing_key *machine_key, struct buffer *out)
{
    if (!is_ok(append(machine, installation, request_note, machine_key, out)))
        buffer_clear(out);
}
