/* Installed products; see installation.h. */
#include "installation.h"

#include "base/sentences.h"
#include "core/documents/product_key.h"
#include "folder.h"
#include "records.h"
#include "state/lease_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More than those files can have, so that what is wrong with a longer one is said by its reader. */
enum { VENDOR_KEY_FILE_MAX = 2 * VERIFIER_KEY_TEXT_SIZE };

static RESULT product_folder(const char *state, const char *vendor, const char *product,
                             char ret_path[static PATH_SIZE])
{
    char name[PRODUCT_NAME_SIZE + sizeof FOLDER_PRODUCTS + 1];
    snprintf(name, sizeof name, FOLDER_PRODUCTS "/%s/%s", vendor, product);
    return path_join(ret_path, state, name);
}

void installation_use(aval_machine *machine, const char *name)
{
    char path[PRODUCT_NAME_SIZE + sizeof FOLDER_PRODUCTS + sizeof FILE_PRODUCT + 2];
    const int size = snprintf(path, sizeof path, FOLDER_PRODUCTS "/%s/" FILE_PRODUCT, name);
    if (size > 0 && (size_t)size < sizeof path)
        state_use(machine, path);
    else /* whose name nothing has */
        state_use_own(machine);
}

/* VENDOR/PRODUCT; USAGE for anything else. */
static RESULT name_split(const char *name, char ret_vendor[static NAME_SIZE], char ret_product[static NAME_SIZE])
{
    const char *slash = strchr(name, '/');
    ENSURE(slash != NULL, USAGE);
    const struct slice vendor = slice_make(name, (size_t)(slash - name));
    const struct slice product = slice_of(slash + 1);
    ENSURE(is_ok(id_check(vendor)) && is_ok(id_check(product)), USAGE);
    TRY(slice_copy_text(vendor, ret_vendor, NAME_SIZE));
    return slice_copy_text(product, ret_product, NAME_SIZE);
}

/* Walking */

struct walk {
    const char *state;
    const char *before; /* a folder walked already, whose products are not visited again; NULL: none */
    const char *vendor;
    RESULT (*each)(void *context, const char *name);
    void *context;
    struct reason *reason;
};

static bool has_product(const char *state, const char *vendor, const char *product)
{
    char folder[PATH_SIZE];
    char file[PATH_SIZE];
    return is_ok(product_folder(state, vendor, product, folder)) && is_ok(path_join(file, folder, FILE_PRODUCT)) &&
           kept_exists(file);
}

static RESULT visit_product(void *context, const char *product)
{
    const struct walk *walk = context;
    char name[PRODUCT_NAME_SIZE];
    if (!is_ok(id_check(slice_of(product))) || !has_product(walk->state, walk->vendor, product) ||
        (walk->before != NULL && has_product(walk->before, walk->vendor, product)))
        return RESULT_OK;
    snprintf(name, sizeof name, "%s/%s", walk->vendor, product);
    return walk->each(walk->context, name);
}

static RESULT visit_vendor(void *context, const char *vendor)
{
    struct walk *walk = context;
    char name[NAME_SIZE + sizeof FOLDER_PRODUCTS + 1];
    char folder[PATH_SIZE];
    if (!is_ok(id_check(slice_of(vendor))))
        return RESULT_OK;
    snprintf(name, sizeof name, FOLDER_PRODUCTS "/%s", vendor);
    TRY(path_join(folder, walk->state, name));
    walk->vendor = vendor;
    return kept_list(folder, visit_product, walk, walk->reason);
}

static RESULT walk_through(struct walk *walk)
{
    char folder[PATH_SIZE];
    TRY(state_check(walk->state, walk->reason));
    TRY(path_join(folder, walk->state, FOLDER_PRODUCTS));
    return kept_list(folder, visit_vendor, walk, walk->reason);
}

RESULT installation_each(const aval_machine *machine, RESULT (*each)(void *context, const char *name), void *context,
                         struct reason *reason)
{
    struct walk walk = {.state = machine->system, .each = each, .context = context, .reason = reason};
    if (machine->system[0] != 0) {
        TRY(walk_through(&walk));
        walk.before = machine->system;
    }
    walk.state = machine->own;
    return walk_through(&walk);
}

struct places {
    char folder[PATH_SIZE];
    RESULT (*each)(const char *mine, struct reason *reason);
    struct reason *reason;
};

static RESULT visit_place(void *context, const char *name)
{
    const struct places *const places = context;
    char mine[PATH_SIZE];
    TRY(path_join(mine, places->folder, name));
    return places->each(mine, places->reason);
}

RESULT installation_each_place(const char *folder, RESULT (*each)(const char *mine, struct reason *reason),
                               struct reason *reason)
{
    struct places places = {.each = each, .reason = reason};
    TRY(path_join(places.folder, folder, FOLDER_ON));
    TRY(each(folder, reason));
    return kept_list(places.folder, visit_place, &places, reason);
}

RESULT installation_on(struct installation *installation, unsigned place, bool make, struct reason *reason)
{
    char name[sizeof FOLDER_ON + 16];
    if (place == 0) {
        memcpy(installation->mine, installation->folder, sizeof installation->mine);
        return RESULT_OK;
    }
    snprintf(name, sizeof name, FOLDER_ON "/%u", place);
    TRY(path_join(installation->mine, installation->folder, name));
    return make ? kept_make(installation->mine, MODE_FOLDER, reason) : RESULT_OK;
}

static RESULT end_waiting_in(const char *folder, struct reason *reason)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    CLEANUP_BUFFER struct buffer again = buffer_make(RECORD_MAX);
    struct last_answer answer;
    bool found = false;
    if (!is_ok(state_read(folder, FILE_LAST_ANSWER, &text, &found, NULL)) || !found ||
        !is_ok(last_answer_read(buffer_slice(&text), &answer)) || answer.retry == 0)
        return RESULT_OK; /* nobody waits because of it */
    answer.retry = 0;
    answer.failures = 0;
    TRY(last_answer_write(&answer, &again));
    return state_write(folder, FILE_LAST_ANSWER, buffer_slice(&again), MODE_FILE, reason);
}

static RESULT end_waiting(void *context, const char *name)
{
    const struct walk *walk = context;
    char folder[PATH_SIZE];
    TRY(path_join(folder, walk->state, FOLDER_PRODUCTS));
    TRY(path_join(folder, folder, name));
    return installation_each_place(folder, end_waiting_in, walk->reason);
}

RESULT installation_end_waiting(const aval_machine *machine, struct reason *reason)
{
    CLEANUP_LOCK struct file_hold lock = FILE_HOLD_NONE;
    struct walk walk = {.state = machine->folder, .each = end_waiting, .reason = reason};
    walk.context = &walk;
    TRY(state_lock(machine, &lock, reason));
    return walk_through(&walk);
}

/* Loading */

struct only {
    size_t count;
    char name[PRODUCT_NAME_SIZE];
};

static RESULT count_one(void *context, const char *name)
{
    struct only *only = context;
    if (only->count++ == 0)
        snprintf(only->name, sizeof only->name, "%s", name);
    return RESULT_OK;
}

RESULT installation_only(const aval_machine *machine, char ret_name[static PRODUCT_NAME_SIZE], struct reason *reason)
{
    struct only only = {0};
    TRY(installation_each(machine, count_one, &only, reason));
    ENSURE(only.count > 0, NO_PRODUCT);
    if (only.count > 1)
        return reason_say(reason, FAIL(USAGE), _("%zu products are installed, name one of them"), only.count);
    memcpy(ret_name, only.name, sizeof only.name);
    return RESULT_OK;
}

/* `reason` has the words of a file that cannot be read, and gets those of one that is not what it should be. */
static RESULT broken(const char *folder, const char *file, struct result why, struct reason *reason)
{
    if (result_code(why) == ERR_NO_MEMORY || result_code(why) == ERR_FILE_READ)
        return why;
    return reason_say(reason, result_at(FAIL(STATE_BROKEN), result_place(why)), "%s/%s (%s)", folder, file,
                      error_info(result_code(why))->name);
}

/* Only what product_key_install() writes. */
static RESULT key_file_read(struct slice text, struct product_key *ret_key)
{
    ENSURE(text.size > 0 && text.data[text.size - 1] == '\n', STATE_BROKEN);
    text.size--;
    ENSURE(is_ok(product_key_read_exactly(text, ret_key)), STATE_BROKEN);
    return RESULT_OK;
}

const struct edition *installation_edition(const struct product *product, const struct product_key *key)
{
    for (size_t i = 0; i < product->edition_count; i++)
        if (product->editions[i].key.tag == key->tag)
            return &product->editions[i];
    return NULL;
}

/* Sets edition or key_fault. */
static RESULT load_key(struct installation *installation, struct reason *reason)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(KEY_FILE_MAX);
    bool found = false;
    const struct result read = state_read(installation->folder, FILE_KEY, &text, &found, reason);
    if (!is_ok(read) && !state_is_foreign(read))
        return read;
    installation->key_fault = FAIL(NO_PRODUCT_KEY);
    if (!found && is_ok(read))
        return RESULT_OK;
    installation->key_fault = key_file_read(buffer_slice(&text), &installation->key);
    if (!is_ok(installation->key_fault))
        return RESULT_OK;
    installation->edition = installation_edition(&installation->product, &installation->key);
    if (installation->edition == NULL)
        installation->key_fault = FAIL(PRODUCT_KEY_OTHER);
    return RESULT_OK;
}

/* STATE_BROKEN also where there is none. */
static RESULT load_vendor_key(const char *folder, struct verifier_key *ret_key, struct reason *reason)
{
    bool found = false;
    CLEANUP_BUFFER struct buffer text = buffer_make(VENDOR_KEY_FILE_MAX);
    struct result outcome = state_read(folder, FILE_VENDOR_KEY, &text, &found, reason);
    if (is_ok(outcome))
        outcome = verifier_key_read(key_file_text(buffer_slice(&text)), ret_key);
    return is_ok(outcome) ? RESULT_OK : broken(folder, FILE_VENDOR_KEY, outcome, reason);
}

RESULT installation_vendor_key(const aval_machine *machine, const char *name, struct verifier_key *ret_key,
                               struct reason *reason)
{
    char vendor[NAME_SIZE];
    char product[NAME_SIZE];
    char folder[PATH_SIZE];
    TRY(state_check(machine->folder, reason));
    if (!is_ok(name_split(name, vendor, product)))
        return reason_say(reason, FAIL(USAGE), _("a product is named VENDOR/PRODUCT"));
    ENSURE(has_product(machine->folder, vendor, product), NO_PRODUCT);
    TRY(product_folder(machine->folder, vendor, product, folder));
    return load_vendor_key(folder, ret_key, reason);
}

static RESULT load_product(const aval_machine *machine, const char *vendor, const char *product,
                           struct installation *installation, struct reason *reason)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    struct verifier_key key;
    bool has_note = false;
    const char *folder = installation->folder;
    struct result outcome = state_read(folder, FILE_PRODUCT, &note, &has_note, reason);
    if (!is_ok(outcome))
        return broken(folder, FILE_PRODUCT, outcome, reason);
    ENSURE(has_note, NO_PRODUCT);
    TRY(load_vendor_key(folder, &key, reason));
    if (!machine_trusts(machine, &key))
        return reason_say(reason, FAIL(SIGNER_UNKNOWN), "%s/" FILE_VENDOR_KEY, folder);
    outcome = product_open(buffer_slice(&note), &key, 1, &installation->product);
    if (is_ok(outcome) &&
        (strcmp(installation->product.vendor, vendor) != 0 || strcmp(installation->product.product, product) != 0))
        outcome = FAIL(DOCUMENT_VALUE);
    return is_ok(outcome) ? RESULT_OK : broken(folder, FILE_PRODUCT, outcome, reason);
}

RESULT installation_meant(aval_machine *machine, const char **product, char only[static PRODUCT_NAME_SIZE],
                          struct reason *reason)
{
    if (*product == NULL) {
        TRY(installation_only(machine, only, reason));
        *product = only;
    }
    installation_use(machine, *product);
    return RESULT_OK;
}

RESULT installation_load(const aval_machine *machine, const char *name, struct installation **ret_installation,
                         struct reason *reason)
{
    char vendor[NAME_SIZE];
    char product[NAME_SIZE];
    TRY(state_check(machine->folder, reason));
    if (!is_ok(name_split(name, vendor, product)))
        return reason_say(reason, FAIL(USAGE), _("a product is named VENDOR/PRODUCT"));
    CLEANUP_INSTALLATION struct installation *installation = calloc(1, sizeof *installation);
    ENSURE(installation != NULL, NO_MEMORY);
    TRY(product_folder(machine->folder, vendor, product, installation->folder));
    TRY(installation_on(installation, 0, false, reason));
    TRY(load_product(machine, vendor, product, installation, reason));
    TRY(load_key(installation, reason));
    *ret_installation = installation;
    installation = NULL;
    return RESULT_OK;
}

void installation_name(const struct installation *installation, char ret_name[static PRODUCT_NAME_SIZE])
{
    snprintf(ret_name, PRODUCT_NAME_SIZE, "%s/%s", installation->product.vendor, installation->product.product);
}

void installation_cleanup(struct installation **installation)
{
    free(*installation);
}

/* Products */

/* Whether what is installed stays: the very same, or a newer issue by the same key. */
static bool installed_stays(const aval_machine *machine, const struct product *product, const struct verifier_key *key,
                            struct slice document, const char *folder)
{
    CLEANUP_BUFFER struct buffer key_text = buffer_make(VENDOR_KEY_FILE_MAX);
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    char name[PRODUCT_NAME_SIZE];
    struct verifier_key installed_key;
    bool found = false;
    if (!is_ok(state_read(folder, FILE_VENDOR_KEY, &key_text, &found, NULL)) || !found ||
        !is_ok(verifier_key_read(key_file_text(buffer_slice(&key_text)), &installed_key)) ||
        !verifier_key_equal(&installed_key, key))
        return false;
    if (is_ok(state_read(folder, FILE_PRODUCT, &note, &found, NULL)) && found &&
        slice_equal(buffer_slice(&note), document))
        return true;
    CLEANUP_INSTALLATION struct installation *installed = NULL;
    snprintf(name, sizeof name, "%s/%s", product->vendor, product->product);
    result_ignore(installation_load(machine, name, &installed, NULL)); /* a broken one is replaced */
    return installed != NULL && installed->product.issued > product->issued;
}

static RESULT add_locked(const aval_machine *machine, const struct product *product, const struct verifier_key *key,
                         struct slice document, const char *folder, struct reason *reason)
{
    CLEANUP_LOCK struct file_hold lock = FILE_HOLD_NONE;
    CLEANUP_BUFFER struct buffer key_text = buffer_make(VENDOR_KEY_FILE_MAX);
    char text[VERIFIER_KEY_TEXT_SIZE];
    TRY(state_lock(machine, &lock, reason));
    if (installed_stays(machine, product, key, document, folder))
        return RESULT_OK;
    verifier_key_write(key, text);
    buffer_printf(&key_text, "%s\n", text);
    TRY(buffer_status(&key_text));
    TRY(kept_make(folder, MODE_FOLDER, reason));
    TRY(state_write(folder, FILE_VENDOR_KEY, buffer_slice(&key_text), MODE_FILE, reason));
    return state_write(folder, FILE_PRODUCT, document, MODE_FILE, reason);
}

RESULT installation_add(aval_machine *machine, struct slice document, const char *vendor_key, struct reason *reason)
{
    struct verifier_key key;
    char folder[PATH_SIZE];
    TRY(verifier_key_read(key_file_text(slice_of(vendor_key)), &key));
    ENSURE(machine_trusts(machine, &key), SIGNER_UNKNOWN);
    struct product *product = malloc(sizeof *product);
    ENSURE(product != NULL, NO_MEMORY);
    struct result outcome = product_open(document, &key, 1, product);
    if (is_ok(outcome)) {
        char name[PRODUCT_NAME_SIZE];
        snprintf(name, sizeof name, "%s/%s", product->vendor, product->product);
        installation_use(machine, name);
        outcome = product_folder(machine->folder, product->vendor, product->product, folder);
    }
    /* Products call this at each start; where nothing changes, nobody waits for the lock. */
    if (is_ok(outcome) && !installed_stays(machine, product, &key, document, folder))
        outcome = add_locked(machine, product, &key, document, folder, reason);
    free(product);
    return outcome;
}

/* Revocations */

/* A list that cannot be read or is not the vendor's revokes nothing; the next activation fetches it again. */
RESULT revocations_load(const struct installation *installation, struct revocations **ret_revocations)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    const struct product *product = &installation->product;
    bool found = false;
    *ret_revocations = NULL;
    if (!is_ok(state_read(installation->folder, FILE_REVOCATIONS, &note, &found, NULL)) || !found)
        return RESULT_OK;
    struct revocations *revocations = malloc(sizeof *revocations);
    ENSURE(revocations != NULL, NO_MEMORY);
    if (!is_ok(revocations_open(buffer_slice(&note), product->vendor_keys, product->vendor_key_count, revocations))) {
        free(revocations);
        return RESULT_OK;
    }
    *ret_revocations = revocations;
    return RESULT_OK;
}

RESULT revocations_store(const aval_machine *machine, const struct installation *installation,
                         const struct revocations *revocations, struct slice note, struct reason *reason)
{
    CLEANUP_LOCK struct file_hold lock = FILE_HOLD_NONE;
    struct revocations *kept = NULL;
    TRY(state_lock(machine, &lock, reason));
    TRY(revocations_load(installation, &kept));
    const bool newer = kept == NULL || revocations_newer(revocations, kept);
    free(kept);
    return newer ? state_write(installation->folder, FILE_REVOCATIONS, note, MODE_FILE, reason) : RESULT_OK;
}
