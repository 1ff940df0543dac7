/* Installing and removing product keys; see product_keys.h. */
#include "product_keys.h"

#include "base/sentences.h"
#include "folder.h"
#include "installation.h"
#include "state/lease_files.h"

#include <stdio.h>
#include <string.h>

struct key_search {
    aval_machine *machine;
    struct product_key key; /* to install */
    char suffix[6];         /* to remove */
    size_t products;
    bool found;
    char name[PRODUCT_NAME_SIZE];
    struct reason *reason;
};

/* A product that is broken, or of a vendor who is not trusted here, has no keys: NULL. Any other failure is one. */
static RESULT load_searched(const struct key_search *search, const char *name, struct installation **ret_installation)
{
    installation_use(search->machine, name);
    struct reason words = {.text = ""};
    const struct result outcome = installation_load(search->machine, name, ret_installation, &words);
    const enum error_code code = result_code(outcome);
    return is_ok(outcome) || code == ERR_STATE_BROKEN || code == ERR_SIGNER_UNKNOWN
               ? RESULT_OK
               : reason_say(search->reason, outcome, "%s", words.text);
}

static RESULT find_edition(void *context, const char *name)
{
    struct key_search *search = context;
    CLEANUP_INSTALLATION struct installation *installation = NULL;
    search->products++;
    TRY(load_searched(search, name, &installation));
    if (installation == NULL)
        return RESULT_OK;
    if (!search->found && installation_edition(&installation->product, &search->key) != NULL) {
        search->found = true;
        snprintf(search->name, sizeof search->name, "%s", name);
    }
    return RESULT_OK;
}

/* The failures of product_key_read count groups, not lines. */
static RESULT read_typed_key(const char *text, struct product_key *ret_key, struct reason *reason)
{
    const struct result outcome = product_key_read(slice_of(text), ret_key);
    if (result_place(outcome) == 0)
        return outcome;
    return reason_say(reason, result_at(outcome, 0), _("group %u of the product key"), result_place(outcome));
}

/* The product that was found; its folder becomes that of the call. */
static RESULT load_found(const struct key_search *search, struct installation **ret_installation)
{
    installation_use(search->machine, search->name);
    return installation_load(search->machine, search->name, ret_installation, search->reason);
}

static RESULT forget_answer(const char *mine, struct reason *reason)
{
    return state_remove(mine, FILE_LAST_ANSWER, reason);
}

RESULT product_key_install(aval_machine *machine, const char *product_key, struct reason *reason)
{
    struct key_search search = {.machine = machine, .reason = reason};
    char text[PRODUCT_KEY_TEXT_SIZE];
    CLEANUP_INSTALLATION struct installation *installation = NULL;
    CLEANUP_LOCK struct file_hold lock = FILE_HOLD_NONE;
    TRY(read_typed_key(product_key, &search.key, reason));
    TRY(installation_each(machine, find_edition, &search, reason));
    ENSURE(search.products > 0, NO_PRODUCT);
    ENSURE(search.found, PRODUCT_KEY_OTHER);
    TRY(load_found(&search, &installation));
    if (is_ok(installation->key_fault) && product_key_equal(&installation->key, &search.key))
        return RESULT_OK; /* products do this at each start, whoever runs them */
    TRY(state_lock(machine, &lock, reason));
    CLEANUP_BUFFER struct buffer line = buffer_make(KEY_FILE_MAX);
    product_key_write(&search.key, text);
    buffer_printf(&line, "%s\n", text);
    TRY(buffer_status(&line));
    TRY(state_write(installation->folder, FILE_KEY, buffer_slice(&line), MODE_FILE, reason));
    return installation_each_place(installation->folder, forget_answer, reason); /* it was about another key */
}

static RESULT find_suffix(void *context, const char *name)
{
    struct key_search *search = context;
    CLEANUP_INSTALLATION struct installation *installation = NULL;
    char text[PRODUCT_KEY_TEXT_SIZE];
    TRY(load_searched(search, name, &installation));
    if (installation == NULL)
        return RESULT_OK;
    const enum error_code fault = result_code(installation->key_fault);
    if (fault != OK && fault != ERR_PRODUCT_KEY_OTHER)
        return RESULT_OK;
    product_key_write(&installation->key, text);
    if (search->found || strcmp(text + strlen(text) - 5, search->suffix) != 0)
        return RESULT_OK;
    search->found = true;
    snprintf(search->name, sizeof search->name, "%s", name);
    return RESULT_OK;
}

/* As forgiving as the reading of whole keys. */
static RESULT suffix_read(const char *typed, char ret_suffix[static 6])
{
    static const char from[] = "abcdefghijklmnopqrstuvwxyzOIL";
    static const char to[] = "ABCDEFGH1JK1MN0PQRSTUVWXYZ011";
    ENSURE(strlen(typed) == 5, NOT_FOUND);
    for (size_t i = 0; i < 5; i++) {
        const char *place = strchr(from, typed[i]);
        ret_suffix[i] = typed[i];
        if (place != NULL)
            ret_suffix[i] = to[place - from];
    }
    ret_suffix[5] = 0;
    return RESULT_OK;
}

RESULT product_key_remove(aval_machine *machine, const char *suffix, struct reason *reason)
{
    struct key_search search = {.machine = machine, .reason = reason};
    CLEANUP_INSTALLATION struct installation *installation = NULL;
    CLEANUP_LOCK struct file_hold lock = FILE_HOLD_NONE;
    TRY(suffix_read(suffix, search.suffix));
    TRY(installation_each(machine, find_suffix, &search, reason));
    ENSURE(search.found, NOT_FOUND);
    TRY(load_found(&search, &installation));
    TRY(state_lock(machine, &lock, reason));
    TRY(installation_each_place(installation->folder, lease_files_forget, reason));
    return state_remove(installation->folder, FILE_KEY, reason);
}
