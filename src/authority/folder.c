/*
 * The data folder of a host: made, enrolled with vendors, and given what they signed; see folder.h.
 *
 * Always: a vendor is enrolled once its vendor.vkey stands, which is written last; what a crash left before that is
 * taken up by the next try with the host key that was made. A file is kept only after its signature was checked.
 */
#include "authority/folder.h"

#include "base/cursor.h"
#include "base/secret.h"
#include "base/sentences.h"
#include "products.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SMALL_FILE_MAX = 4096,
    VENDORS_MAX = 1024, /* enrolled in one folder */
    IMPORT_LOCK_WAIT_MS = 5000,
};

/* Hidden, so that it is no vendor. */
#define IMPORT_LOCK FOLDER_VENDORS "/.lock"

static void unlock_cleanup(const int *lock)
{
    file_unlock(*lock);
}
#define CLEANUP_LOCK __attribute__((cleanup(unlock_cleanup)))

/* ---- names and small files ---- */

/* Without the newline that a text file ends in. */
static struct slice line_of(struct slice text)
{
    return text.size > 0 && text.data[text.size - 1] == '\n' ? slice_make(text.data, text.size - 1) : text;
}

RESULT folder_host_name(const char *folder, char ret_name[static HOST_NAME_SIZE], struct reason *reason)
{
    char path[PATH_SIZE];
    TRY(path_join(path, folder, FOLDER_HOST));
    ENSURE(file_exists(path), NOT_SET_UP);
    CLEANUP_BUFFER struct buffer text = buffer_make(SMALL_FILE_MAX);
    TRY(file_read_kept(path, &text, reason));
    const struct slice name = line_of(buffer_slice(&text));
    TRY(host_name_check(name));
    return slice_copy_text(name, ret_name, HOST_NAME_SIZE);
}

RESULT folder_vendor_path(const char *folder, const char *vendor, const char *name, char ret_path[static PATH_SIZE])
{
    char vendors[PATH_SIZE];
    char path[PATH_SIZE];
    TRY(path_join(vendors, folder, FOLDER_VENDORS));
    TRY(path_join(path, vendors, vendor));
    return path_join(ret_path, path, name);
}

static RESULT read_verifier(const char *path, struct verifier_key *ret_key, struct reason *reason)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(SMALL_FILE_MAX);
    TRY(file_read_kept(path, &text, reason));
    return verifier_key_read(key_file_text(buffer_slice(&text)), ret_key);
}

static RESULT write_verifier(const char *path, const struct verifier_key *key, struct reason *reason)
{
    char text[VERIFIER_KEY_TEXT_SIZE];
    verifier_key_write(key, text);
    CLEANUP_BUFFER struct buffer line = buffer_make(SMALL_FILE_MAX);
    buffer_printf(&line, "%s\n", text);
    TRY(buffer_status(&line));
    return file_write_kept(path, buffer_slice(&line), 0644, reason);
}

/* ---- init ---- */

RESULT folder_init(const char *folder, struct slice host_name, struct reason *reason)
{
    TRY(host_name_check(host_name));
    char path[PATH_SIZE];
    TRY(path_join(path, folder, FOLDER_HOST));
    char present[HOST_NAME_SIZE];
    const struct result found = folder_host_name(folder, present, reason);
    if (result_code(found) == ERR_FILE_READ) /* a folder that this user may not look into */
        return found;
    ENSURE(result_code(found) == ERR_NOT_SET_UP, FILE_EXISTS);
    TRY(folder_make(folder, 0700, reason));
    char inner[PATH_SIZE];
    TRY(path_join(inner, folder, FOLDER_SIGNER));
    TRY(folder_make(inner, 0700, reason));
    TRY(path_join(inner, folder, FOLDER_VENDORS));
    TRY(folder_make(inner, 0700, reason));

    CLEANUP_BUFFER struct buffer line = buffer_make(SMALL_FILE_MAX);
    buffer_append_slice(&line, host_name);
    buffer_append_byte(&line, '\n');
    TRY(buffer_status(&line));
    return file_create(path, buffer_slice(&line), 0644, reason); /* last: with it, the folder is a host's */
}

/* ---- enroll ---- */

static RESULT write_secret(const char *path, const struct signing_key *key, struct reason *reason)
{
    CLEANUP_SECRET_BUFFER struct buffer text = buffer_make(SMALL_FILE_MAX);
    signing_key_write(key, &text);
    buffer_append_byte(&text, '\n');
    TRY(buffer_status(&text));
    return file_create(path, buffer_slice(&text), 0600, reason);
}

static RESULT read_secret(const char *path, struct signing_key **ret_key, struct reason *reason)
{
    CLEANUP_SECRET_BUFFER struct buffer text = buffer_make(SMALL_FILE_MAX);
    TRY(file_read_kept(path, &text, reason));
    return signing_key_read(key_file_text(buffer_slice(&text)), ret_key);
}

/* The secret key of that name: the one in the signer's folder where a try before this one has made it, else a new one.
 */
static RESULT make_secret(const char *folder, const char *vendor, struct slice name,
                          const uint8_t seed[static SEED_SIZE], struct signing_key **ret_key, struct reason *reason)
{
    char signer[PATH_SIZE];
    char path[PATH_SIZE];
    char file[NAME_SIZE + 4];
    snprintf(file, sizeof file, "%s.key", vendor);
    TRY(path_join(signer, folder, FOLDER_SIGNER));
    TRY(path_join(path, signer, file));
    CLEANUP_SIGNING_KEY struct signing_key *key = NULL;
    if (file_exists(path)) {
        TRY(read_secret(path, &key, reason));
        ENSURE(slice_is(name, signing_key_verifier(key)->name), KEY_FORM);
    } else {
        TRY(folder_make(signer, 0700, reason));
        TRY(signing_key_make(name, seed, &key));
        TRY(write_secret(path, key, reason));
    }
    *ret_key = key;
    key = NULL;
    return RESULT_OK;
}

static RESULT sign_host_request(const struct host_request *request, const struct signing_key *key, struct buffer *note)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    TRY(host_request_write(request, &text));
    return note_sign(buffer_slice(&text), &key, 1, note);
}

/* That it is one of the keys by which the vendor is known here, such as the one of then after its spare came into use.
 */
static RESULT check_known(const char *folder, const struct verifier_key *vendor_key, struct reason *reason)
{
    struct verifier_key keys[VENDOR_KEYS_MAX];
    struct verifier_key enrolled;
    char path[PATH_SIZE];
    size_t count = 0;
    TRY(folder_vendor_path(folder, vendor_key->name, FOLDER_VENDOR_KEY, path));
    TRY(read_verifier(path, &enrolled, reason));
    TRY(folder_vendor_keys(folder, vendor_key->name, keys, &count, reason));
    bool is_known = verifier_key_equal(&enrolled, vendor_key);
    for (size_t i = 0; i < count; i++)
        is_known = is_known || verifier_key_equal(&keys[i], vendor_key);
    ENSURE(is_known, FILE_EXISTS);
    return RESULT_OK;
}

/* Makes all that belongs to a vendor, whose key file comes last. */
static RESULT enroll_new(const char *folder, const struct verifier_key *vendor_key, struct host_request *request,
                         const uint8_t seed[static SEED_SIZE], struct buffer *note, struct reason *reason)
{
    char path[PATH_SIZE];
    TRY(folder_vendor_path(folder, request->vendor, FOLDER_LICENSES, path));
    TRY(folder_make(path, 0700, reason));

    char name[KEY_NAME_SIZE];
    TRY(host_key_name_write(slice_of(request->host), slice_of(request->vendor), name));
    CLEANUP_SIGNING_KEY struct signing_key *key = NULL;
    TRY(make_secret(folder, request->vendor, slice_of(name), seed, &key, reason));
    request->host_key = *signing_key_verifier(key);
    TRY(sign_host_request(request, key, note));

    TRY(folder_vendor_path(folder, request->vendor, FOLDER_HOST_KEY, path));
    TRY(write_verifier(path, &request->host_key, reason));
    TRY(folder_vendor_path(folder, request->vendor, FOLDER_HOST_REQUEST, path));
    TRY(file_write_kept(path, buffer_slice(note), 0644, reason));
    TRY(folder_vendor_path(folder, request->vendor, FOLDER_VENDOR_KEY, path));
    return write_verifier(path, vendor_key, reason);
}

RESULT folder_enroll(const char *folder, const struct verifier_key *vendor_key, struct slice customer, seconds now,
                     const uint8_t seed[static SEED_SIZE], struct buffer *out, struct reason *reason)
{
    struct host_request request = {.created = now};
    TRY(folder_host_name(folder, request.host, reason));
    ENSURE(is_ok(id_check(slice_of(vendor_key->name))), KEY_FORM); /* it becomes the name of a folder */
    TRY(slice_copy_text(slice_of(vendor_key->name), request.vendor, sizeof request.vendor));
    TRY(text_check(customer));
    TRY(slice_copy_text(customer, request.customer, sizeof request.customer));
    char path[PATH_SIZE];
    TRY(path_join(path, folder, IMPORT_LOCK));
    CLEANUP_LOCK int lock = -1;
    TRY(file_lock(path, IMPORT_LOCK_WAIT_MS, &lock, reason));

    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    TRY(folder_vendor_path(folder, request.vendor, FOLDER_VENDOR_KEY, path));
    if (file_exists(path)) {
        TRY(check_known(folder, vendor_key, reason));
        TRY(folder_vendor_path(folder, request.vendor, FOLDER_HOST_REQUEST, path));
        TRY(file_read_kept(path, &note, reason));
    } else {
        TRY(enroll_new(folder, vendor_key, &request, seed, &note, reason));
    }
    buffer_append_slice(out, buffer_slice(&note));
    return buffer_status(out);
}

/* ---- import ---- */

RESULT folder_vendor_keys(const char *folder, const char *vendor, struct verifier_key ret_keys[static VENDOR_KEYS_MAX],
                          size_t *ret_count, struct reason *reason)
{
    char path[PATH_SIZE];
    TRY(folder_vendor_path(folder, vendor, FOLDER_VENDOR_KEYS, path));
    if (!file_exists(path)) {
        TRY(folder_vendor_path(folder, vendor, FOLDER_VENDOR_KEY, path));
        TRY(read_verifier(path, &ret_keys[0], reason));
        *ret_count = 1;
        return RESULT_OK;
    }
    CLEANUP_BUFFER struct buffer text = buffer_make((size_t)VENDOR_KEYS_MAX * (VERIFIER_KEY_TEXT_SIZE + 1));
    TRY(file_read_kept(path, &text, reason));
    struct cursor cursor = cursor_make(buffer_slice(&text));
    size_t count = 0;
    for (; !cursor_at_end(&cursor); count++) {
        const struct slice line = cursor_line(&cursor);
        ENSURE(!cursor_failed(&cursor) && count < VENDOR_KEYS_MAX, KEY_FORM);
        TRY(verifier_key_read(line, &ret_keys[count]));
        ENSURE(strcmp(ret_keys[count].name, vendor) == 0, KEY_FORM);
    }
    ENSURE(count > 0, KEY_FORM);
    *ret_count = count;
    return RESULT_OK;
}

/* The keys of all enrolled vendors, those of each together. */
struct vendors {
    const char *folder;
    size_t count;
    struct verifier_key *keys;
    struct reason *reason;
};

static void vendors_free(struct vendors *vendors)
{
    free(vendors->keys);
}

static RESULT add_vendor(void *context, const char *name)
{
    struct vendors *vendors = context;
    struct verifier_key added[VENDOR_KEYS_MAX];
    size_t count = 0;
    char path[PATH_SIZE];
    TRY(folder_vendor_path(vendors->folder, name, FOLDER_VENDOR_KEY, path));
    if (!file_exists(path))
        return RESULT_OK; /* an enrolment that did not come to its end */
    TRY(folder_vendor_keys(vendors->folder, name, added, &count, vendors->reason));
    ENSURE(vendors->count + count <= (size_t)VENDORS_MAX * VENDOR_KEYS_MAX, DOCUMENT_LIMIT);
    struct verifier_key *keys = reallocarray(vendors->keys, vendors->count + count, sizeof *keys);
    ENSURE(keys != NULL, NO_MEMORY);
    vendors->keys = keys;
    memcpy(keys + vendors->count, added, count * sizeof *keys);
    vendors->count += count;
    return RESULT_OK;
}

/* Those of one vendor. */
static const struct verifier_key *vendor_keys(const struct vendors *vendors, const char *vendor, size_t *ret_count)
{
    size_t first = 0;
    while (first < vendors->count && strcmp(vendors->keys[first].name, vendor) != 0)
        first++;
    size_t end = first;
    while (end < vendors->count && strcmp(vendors->keys[end].name, vendor) == 0)
        end++;
    *ret_count = end - first;
    return vendors->keys + first;
}

static RESULT note_text(struct slice bytes, struct slice *ret_text)
{
    struct note *note = malloc(sizeof *note);
    ENSURE(note != NULL, NO_MEMORY);
    const struct result state = note_read(bytes, note);
    if (is_ok(state))
        *ret_text = note->text;
    free(note);
    return state;
}

/* Whether the file holds a note of the same text. FILE_EXISTS where it holds another. */
static RESULT same_as_kept(const char *path, struct slice text, bool *ret_same, struct reason *reason)
{
    *ret_same = false;
    if (!file_exists(path))
        return RESULT_OK;
    CLEANUP_BUFFER struct buffer kept = buffer_make(NOTE_MAX);
    TRY(file_read_kept(path, &kept, reason));
    struct slice kept_text = {0};
    TRY(note_text(buffer_slice(&kept), &kept_text));
    ENSURE(slice_equal(kept_text, text), FILE_EXISTS);
    *ret_same = true;
    return RESULT_OK;
}

static RESULT import_license(const struct vendors *vendors, struct slice note, struct slice text,
                             struct import_report *report)
{
    struct reason *const reason = vendors->reason;
    report->kind = IMPORT_LICENSE;
    TRY(license_open(note, vendors->keys, vendors->count, &report->license));
    memcpy(report->vendor, report->license.vendor, sizeof report->vendor);
    char path[PATH_SIZE];
    struct verifier_key host_key;
    TRY(folder_vendor_path(vendors->folder, report->vendor, FOLDER_HOST_KEY, path));
    TRY(read_verifier(path, &host_key, reason));
    ENSURE(license_names(&report->license, &host_key), LICENSE_OTHER_HOST);

    char licenses[PATH_SIZE];
    TRY(folder_vendor_path(vendors->folder, report->vendor, FOLDER_LICENSES, licenses));
    TRY(path_join(path, licenses, report->license.id));
    TRY(same_as_kept(path, text, &report->known_already, reason));
    return report->known_already ? RESULT_OK : file_write_kept(path, note, 0644, reason);
}

/* The revocations of that vendor that are kept; with the sequence 0 where there are none. */
static RESULT read_kept(const struct vendors *vendors, const char *vendor, struct revocations *ret_kept)
{
    char path[PATH_SIZE];
    size_t count = 0;
    memset(ret_kept, 0, sizeof *ret_kept);
    ret_kept->rank = VENDOR_KEYS_MAX;
    TRY(folder_vendor_path(vendors->folder, vendor, FOLDER_REVOCATIONS, path));
    if (!file_exists(path))
        return RESULT_OK;
    const struct verifier_key *keys = vendor_keys(vendors, vendor, &count);
    CLEANUP_BUFFER struct buffer kept = buffer_make(NOTE_MAX);
    TRY(file_read_kept(path, &kept, vendors->reason));
    return revocations_open(buffer_slice(&kept), keys, count, ret_kept);
}

/* What is being imported and what is kept; too large for a stack. */
struct lists {
    struct revocations given;
    struct revocations kept;
};

static RESULT import_revocations(const struct vendors *vendors, struct slice note, struct slice text,
                                 struct import_report *report, struct lists *lists)
{
    size_t count = 0;
    struct revocations *const given = &lists->given;
    report->kind = IMPORT_REVOCATIONS;
    TRY(revocations_read(text, given)); /* whose keys are to be tried; nothing is believed yet */
    const struct verifier_key *keys = vendor_keys(vendors, given->vendor, &count);
    ENSURE(count > 0, SIGNER_UNKNOWN);
    TRY(revocations_open(note, keys, count, given));
    report->sequence = given->sequence;
    memcpy(report->vendor, given->vendor, sizeof report->vendor);
    char path[PATH_SIZE];
    TRY(folder_vendor_path(vendors->folder, report->vendor, FOLDER_REVOCATIONS, path));
    TRY(read_kept(vendors, report->vendor, &lists->kept));
    if (revocations_newer(given, &lists->kept))
        return file_write_kept(path, note, 0644, vendors->reason);
    ENSURE(given->rank == lists->kept.rank && given->sequence == lists->kept.sequence, REVOCATIONS_OLDER);
    return same_as_kept(path, text, &report->known_already, vendors->reason);
}

/* The keys that are known by now: those named, and those known before that nobody has revoked. */
static RESULT join_keys(const struct product *product, const struct verifier_key *known, size_t count,
                        const struct revocations *revocations, struct buffer *out)
{
    struct verifier_key keys[VENDOR_KEYS_MAX];
    size_t all = product->vendor_key_count;
    memcpy(keys, product->vendor_keys, sizeof keys);
    for (size_t i = 0; i < count && all < VENDOR_KEYS_MAX && all >= 2; i++) {
        bool is_there = revocations_hold_signer(revocations, &known[i]);
        for (size_t k = 0; k < all; k++)
            is_there = is_there || verifier_key_equal(&keys[k], &known[i]);
        if (!is_there)
            keys[all++] = known[i];
    }
    for (size_t i = 0; i < all; i++) {
        char text[VERIFIER_KEY_TEXT_SIZE];
        verifier_key_write(&keys[i], text);
        buffer_printf(out, "%s\n", text);
    }
    return buffer_status(out);
}

/* Whoever has got hold of the key in use must not be able to name another spare. */
static RESULT check_names(const struct product *product, const struct verifier_key *known, size_t count,
                          const struct verifier_key *signer)
{
    enum { SPARE = 1 };
    if (count <= SPARE || verifier_key_equal(signer, &known[SPARE]))
        return RESULT_OK;
    ENSURE(product->vendor_key_count > SPARE && verifier_key_equal(&product->vendor_keys[SPARE], &known[SPARE]),
           KEY_RANK);
    return RESULT_OK;
}

static RESULT find_signer(struct slice note, const struct verifier_key *keys, size_t count,
                          const struct verifier_key **ret_signer)
{
    struct slice text;
    return note_open(note, keys, count, &text, ret_signer);
}

static RESULT keep_product_keys(const struct vendors *vendors, struct slice note, const struct product *product,
                                struct import_report *report, struct revocations *kept)
{
    char path[PATH_SIZE];
    size_t count = 0;
    const struct verifier_key *signer = NULL;
    const struct verifier_key *known = vendor_keys(vendors, product->vendor, &count);
    CLEANUP_BUFFER struct buffer keys = buffer_make((size_t)VENDOR_KEYS_MAX * (VERIFIER_KEY_TEXT_SIZE + 1));
    CLEANUP_BUFFER struct buffer before = buffer_make((size_t)VENDOR_KEYS_MAX * (VERIFIER_KEY_TEXT_SIZE + 1));
    TRY(find_signer(note, known, count, &signer));
    TRY(read_kept(vendors, product->vendor, kept));
    ENSURE(!revocations_hold_signer(kept, signer), LICENSE_REVOKED);
    TRY(check_names(product, known, count, signer));
    TRY(join_keys(product, known, count, kept, &keys));
    TRY(folder_vendor_path(vendors->folder, product->vendor, FOLDER_VENDOR_KEYS, path));
    if (file_exists(path))
        TRY(file_read_kept(path, &before, vendors->reason));
    report->known_already = slice_equal(buffer_slice(&before), buffer_slice(&keys));
    return report->known_already ? RESULT_OK : file_write_kept(path, buffer_slice(&keys), 0644, vendors->reason);
}

/* The keys that it names, and the document itself. */
static RESULT import_product(const struct vendors *vendors, struct slice note, struct import_report *report,
                             struct lists *lists)
{
    struct product *product = malloc(sizeof *product); /* too large for a stack */
    ENSURE(product != NULL, NO_MEMORY);
    report->kind = IMPORT_PRODUCT;
    struct result outcome = product_open(note, vendors->keys, vendors->count, product);
    if (is_ok(outcome)) {
        memcpy(report->vendor, product->vendor, sizeof report->vendor);
        memcpy(report->product, product->product, sizeof report->product);
        outcome = keep_product_keys(vendors, note, product, report, &lists->kept);
    }
    char products[PATH_SIZE];
    bool is_new = false;
    if (is_ok(outcome))
        outcome = folder_vendor_path(vendors->folder, report->vendor, FOLDER_PRODUCTS, products);
    if (is_ok(outcome))
        outcome = products_keep(products, vendors->keys, vendors->count, note, product, &is_new, vendors->reason);
    report->known_already = report->known_already && !is_new;
    free(product);
    return outcome;
}

static RESULT import_to(const struct vendors *vendors, enum document_type type, struct slice note, struct slice text,
                        struct import_report *report)
{
    if (type == DOCUMENT_LICENSE)
        return import_license(vendors, note, text, report);
    struct lists *lists = malloc(sizeof *lists);
    ENSURE(lists != NULL, NO_MEMORY);
    const struct result state = type == DOCUMENT_PRODUCT ? import_product(vendors, note, report, lists)
                                                         : import_revocations(vendors, note, text, report, lists);
    free(lists);
    return state;
}

/* Says of a note by none of the known keys in whose name it is signed, where that is an enrolled vendor's, and what the
 * host needs to know the key. Nothing of it is believed. */
static RESULT say_unknown_key(const struct vendors *vendors, struct slice bytes, struct result why)
{
    struct note *note = malloc(sizeof *note);
    ENSURE(note != NULL, NO_MEMORY);
    struct result outcome = note_read(bytes, note);
    for (size_t i = 0; is_ok(outcome) && i < note->signature_count; i++) {
        char name[NAME_SIZE];
        size_t count = 0;
        const struct note_signature *signature = &note->signatures[i];
        if (!is_ok(slice_copy_text(signature->name, name, sizeof name)))
            continue;
        (void)vendor_keys(vendors, name, &count);
        if (count > 0)
            outcome =
                reason_say(vendors->reason, why,
                           _("it is in the name of %s, by the key %s+%08x, which this host does not know. If the "
                             "vendor has put its spare key in use, import first a product document that it signed "
                             "before that and that names this key (the vendor has it: `aval-vendor product "
                             "--again`), and this file then"),
                           name, name, (unsigned)signature->key_id);
    }
    free(note);
    return is_ok(outcome) ? why : outcome;
}

RESULT folder_import(const char *folder, struct slice note, struct import_report *ret_report, struct reason *reason)
{
    char host[HOST_NAME_SIZE];
    TRY(folder_host_name(folder, host, reason));
    struct slice text = {0};
    TRY(note_text(note, &text));
    const enum document_type type = document_type_of(text);
    ENSURE(type == DOCUMENT_LICENSE || type == DOCUMENT_REVOCATIONS || type == DOCUMENT_PRODUCT, DOCUMENT_TYPE);

    char path[PATH_SIZE];
    TRY(path_join(path, folder, IMPORT_LOCK));
    CLEANUP_LOCK int lock = -1;
    TRY(file_lock(path, IMPORT_LOCK_WAIT_MS, &lock, reason));
    __attribute__((cleanup(vendors_free))) struct vendors vendors = {.folder = folder, .reason = reason};
    TRY(path_join(path, folder, FOLDER_VENDORS));
    TRY(folder_list(path, add_vendor, &vendors, reason));
    ENSURE(vendors.count > 0, SIGNER_UNKNOWN);

    struct import_report report = {0};
    const struct result state = import_to(&vendors, type, note, text, &report);
    if (result_code(state) == ERR_SIGNER_UNKNOWN)
        return say_unknown_key(&vendors, note, state);
    TRY(state);
    *ret_report = report;
    return RESULT_OK;
}

/* ---- products ---- */

RESULT folder_each_product(const char *folder, const char *vendor, RESULT (*each)(void *context, struct slice note),
                           void *context, struct reason *reason)
{
    char products[PATH_SIZE];
    TRY(folder_vendor_path(folder, vendor, FOLDER_PRODUCTS, products));
    return products_each(products, each, context, reason);
}
