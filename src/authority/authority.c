/*
 * Reads what the vendors have authorised; see authority.h.
 *
 * Always: a license of an authority is signed by its vendor's enrolled key, names this host's key for that vendor, lies
 * in the file of its id, and shares that id with no other license. So names and ids are ascending, because the files
 * are.
 */
#include "authority/authority.h"

#include "authority/folder.h"
#include "core/tlog/checkpoint.h"
#include "signer/state_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a reading of the folder has got to. */
struct reading {
    const char *folder;
    const struct log *log;
    struct authority *authority;
    struct authority_vendor *vendor; /* the one whose files are being read */
    const char *file;                /* and the one of them without which there is nothing of it */
};

static void leave_out(const struct reading *reading, const char *vendor, const char *file, struct result why)
{
    struct authority *const authority = reading->authority;
    if (authority->left_out_count < AUTHORITY_LEFT_OUT_MAX) {
        struct authority_left_out *const out = &authority->left_out[authority->left_out_count];
        (void)snprintf(out->vendor, sizeof out->vendor, "%s", vendor);
        (void)snprintf(out->file, sizeof out->file, "%s", file);
        out->code = result_code(why);
        out->line = result_place(why);
    }
    authority->left_out_count++;
    LOG_EVENT(reading->log, LOG_ERROR, "left-out", TEXT_FIELD("vendor", vendor), TEXT_FIELD("file", file),
              TEXT_FIELD("reason", error_info(result_code(why))->name), NUMBER_FIELD("line", result_place(why)));
}

/* Whether the failure is the system's, so that going on without the file would hide it. */
static bool is_of_the_system(struct result result)
{
    return result_code(result) == ERR_NO_MEMORY;
}

/* Appends the file FOLDER/vendors/VENDOR/NAME. */
static RESULT read_vendor_file(const struct reading *reading, const char *name, struct buffer *out)
{
    char path[PATH_SIZE];
    TRY(folder_vendor_path(reading->folder, reading->vendor->vendor, name, path));
    return file_read_kept(path, out, NULL);
}

static RESULT read_key(const struct reading *reading, const char *name, struct verifier_key *ret_key)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(VERIFIER_KEY_TEXT_SIZE + 1);
    TRY(read_vendor_file(reading, name, &text));
    return verifier_key_read(key_file_text(buffer_slice(&text)), ret_key);
}

/* Makes an array one longer; its new last element is zero. NO_MEMORY. */
static RESULT grow(void **array, size_t count, size_t element_size)
{
    void *const grown = reallocarray(*array, count + 1, element_size);
    ENSURE(grown != NULL, NO_MEMORY);
    memset((char *)grown + count * element_size, 0, element_size);
    *array = grown;
    return RESULT_OK;
}

static RESULT open_license(const struct reading *reading, const char *id, struct slice note,
                           struct license *ret_license, struct verifier_key *ret_signer)
{
    const struct authority_vendor *const vendor = reading->vendor;
    struct license license;
    const struct verifier_key *signer = NULL;
    TRY(license_open_by(note, vendor->vendor_keys, vendor->vendor_key_count, &license, &signer));
    ENSURE(license_names(&license, &vendor->host_key), LICENSE_OTHER_HOST);
    ENSURE(strcmp(license.id, id) == 0, DOCUMENT_VALUE);
    ENSURE(authority_find_license(reading->authority, id, NULL) == NULL, FILE_EXISTS);
    *ret_license = license;
    *ret_signer = *signer;
    return RESULT_OK;
}

static RESULT read_license(const struct reading *reading, const char *id)
{
    char name[PATH_SIZE];
    TRY(path_join(name, FOLDER_LICENSES, id));
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    TRY(read_vendor_file(reading, name, &note));
    struct license license;
    struct verifier_key signer;
    TRY(open_license(reading, id, buffer_slice(&note), &license, &signer));

    struct authority_vendor *const vendor = reading->vendor;
    void *licenses = vendor->licenses;
    TRY(grow(&licenses, vendor->license_count, sizeof *vendor->licenses));
    vendor->licenses = licenses;
    struct authority_license *const entry = &vendor->licenses[vendor->license_count];
    entry->license = license;
    entry->signer = signer;
    entry->note = buffer_take(&note, &entry->note_size);
    ENSURE(entry->note != NULL, NO_MEMORY);
    vendor->license_count++;
    return RESULT_OK;
}

static RESULT each_license(void *context, const char *id)
{
    const struct reading *const reading = context;
    const struct result result = read_license(reading, id);
    if (is_ok(result) || is_of_the_system(result))
        return result;
    leave_out(reading, reading->vendor->vendor, id, result);
    return RESULT_OK;
}

/* Takes in the list of revocations and marks the licenses that it revokes. */
static RESULT read_revocations(const struct reading *reading)
{
    struct authority_vendor *const vendor = reading->vendor;
    char path[PATH_SIZE];
    TRY(folder_vendor_path(reading->folder, vendor->vendor, FOLDER_REVOCATIONS, path));
    if (!file_exists(path))
        return RESULT_OK;
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    TRY(file_read_kept(path, &note, NULL));
    struct revocations *const list = malloc(sizeof *list);
    ENSURE(list != NULL, NO_MEMORY);
    const struct result opened =
        revocations_open(buffer_slice(&note), vendor->vendor_keys, vendor->vendor_key_count, list);
    if (is_ok(opened)) {
        vendor->revocations_sequence = list->sequence;
        for (size_t i = 0; i < vendor->license_count; i++)
            vendor->licenses[i].revoked = revocations_hold(list, &vendor->licenses[i].license, &vendor->host_key) ||
                                          revocations_hold_signer(list, &vendor->licenses[i].signer);
    }
    free(list);
    TRY(opened);
    vendor->revocations_note = buffer_take(&note, &vendor->revocations_size);
    ENSURE(vendor->revocations_note != NULL, NO_MEMORY);
    return RESULT_OK;
}

/* One whose file is gone cannot be looked at; that the vendor names it is enough. */
static bool may_replace(const struct authority_vendor *vendor, const struct license *license, const char *before)
{
    for (size_t i = 0; i < vendor->license_count; i++)
        if (strcmp(vendor->licenses[i].license.id, before) == 0)
            return license_replaces(license, &vendor->licenses[i].license);
    return true;
}

/* Puts it behind those that were issued later. There is room. */
static void insert_succession(struct authority_vendor *vendor, size_t by, const char *before)
{
    struct authority_succession *const list = vendor->successions;
    const seconds issued = vendor->licenses[by].license.issued;
    size_t at = vendor->succession_count++;
    for (; at > 0 && vendor->licenses[list[at - 1].by].license.issued < issued; at--)
        list[at] = list[at - 1];
    list[at].by = by;
    memcpy(list[at].before, before, sizeof list[at].before);
}

/* Once its licenses are read and those that are revoked are marked. One that is revoked replaces nothing, so that what
 * it had replaced is good again. */
static RESULT find_successions(struct authority_vendor *vendor)
{
    size_t most = 0;
    for (size_t i = 0; i < vendor->license_count; i++)
        most += vendor->licenses[i].revoked ? 0 : vendor->licenses[i].license.replaces_count;
    if (most == 0)
        return RESULT_OK;
    vendor->successions = calloc(most, sizeof *vendor->successions);
    ENSURE(vendor->successions != NULL, NO_MEMORY);
    for (size_t i = 0; i < vendor->license_count; i++) {
        const struct license *const license = &vendor->licenses[i].license;
        for (size_t k = 0; !vendor->licenses[i].revoked && k < license->replaces_count; k++)
            if (may_replace(vendor, license, license->replaces[k]))
                insert_succession(vendor, i, license->replaces[k]);
    }
    return RESULT_OK;
}

/* Whether the key is named HOST/VENDOR. */
static bool is_named(const struct verifier_key *key, const char *host, const char *vendor)
{
    struct slice of_host;
    struct slice of_vendor;
    return is_ok(host_key_name_read(key->name, &of_host, &of_vendor)) && slice_is(of_host, host) &&
           slice_is(of_vendor, vendor);
}

/* The vendor's key must be named after the vendor, and this host's after both. */
static RESULT read_keys(struct reading *reading)
{
    struct authority_vendor *const vendor = reading->vendor;
    char path[PATH_SIZE];
    TRY(folder_vendor_path(reading->folder, vendor->vendor, FOLDER_VENDOR_KEYS, path));
    reading->file = file_exists(path) ? FOLDER_VENDOR_KEYS : FOLDER_VENDOR_KEY;
    TRY(folder_vendor_keys(reading->folder, vendor->vendor, vendor->vendor_keys, &vendor->vendor_key_count, NULL));
    ENSURE(strcmp(vendor->vendor_keys[0].name, vendor->vendor) == 0, KEY_FORM);
    reading->file = FOLDER_HOST_KEY;
    TRY(read_key(reading, FOLDER_HOST_KEY, &vendor->host_key));
    ENSURE(is_named(&vendor->host_key, reading->authority->host, vendor->vendor), KEY_FORM);
    return RESULT_OK;
}

/* The epoch that the signer signs for. */
static RESULT read_epoch(const struct reading *reading)
{
    struct authority_vendor *const vendor = reading->vendor;
    char keys[PATH_SIZE];
    TRY(path_join(keys, reading->folder, FOLDER_SIGNER));
    TRY(epoch_newest(keys, vendor->vendor, &vendor->epoch));
    return origin_write(vendor->host_key.name, vendor->epoch, vendor->origin);
}

static void vendor_free(struct authority_vendor *vendor)
{
    for (size_t i = 0; i < vendor->license_count; i++)
        free(vendor->licenses[i].note);
    free(vendor->licenses);
    free(vendor->successions);
    free(vendor->revocations_note);
}

static RESULT read_vendor(struct reading *reading)
{
    TRY(read_keys(reading));
    reading->file = "";
    TRY(read_epoch(reading));
    char path[PATH_SIZE];
    TRY(folder_vendor_path(reading->folder, reading->vendor->vendor, FOLDER_LICENSES, path));
    TRY(folder_list(path, each_license, reading, NULL));
    const struct result revocations = read_revocations(reading);
    if (!is_ok(revocations) && !is_of_the_system(revocations)) {
        leave_out(reading, reading->vendor->vendor, FOLDER_REVOCATIONS, revocations);
        return find_successions(reading->vendor);
    }
    TRY(revocations);
    return find_successions(reading->vendor);
}

static RESULT each_vendor(void *context, const char *name)
{
    struct reading *const reading = context;
    struct authority *const authority = reading->authority;
    struct authority_vendor vendor = {.vendor = ""};
    struct result result = slice_copy_text(slice_of(name), vendor.vendor, sizeof vendor.vendor);
    reading->vendor = &vendor;
    reading->file = "";
    if (is_ok(result))
        result = read_vendor(reading);
    if (is_ok(result)) {
        void *vendors = authority->vendors;
        result = grow(&vendors, authority->vendor_count, sizeof vendor);
        authority->vendors = vendors;
    }
    if (is_ok(result)) {
        authority->vendors[authority->vendor_count++] = vendor;
        return RESULT_OK;
    }
    vendor_free(&vendor);
    if (is_of_the_system(result))
        return result;
    leave_out(reading, name, reading->file, result);
    return RESULT_OK;
}

static RESULT leave_out_site_key(void *context, const char *file, struct result why)
{
    leave_out(context, "", file, why);
    return RESULT_OK;
}

static RESULT read_folder(struct reading *reading, struct reason *reason)
{
    TRY(folder_host_name(reading->folder, reading->authority->host, reason));
    TRY(site_keys_load(reading->folder, leave_out_site_key, reading, &reading->authority->site_keys));
    char path[PATH_SIZE];
    TRY(path_join(path, reading->folder, FOLDER_VENDORS));
    return folder_list(path, each_vendor, reading, reason);
}

RESULT authority_load(const char *folder, const struct log *log, struct authority **ret_authority,
                      struct reason *reason)
{
    struct authority *const authority = calloc(1, sizeof *authority);
    ENSURE(authority != NULL, NO_MEMORY);
    authority->references = 1;
    struct reading reading = {.folder = folder, .log = log, .authority = authority};
    const struct result result = read_folder(&reading, reason);
    if (!is_ok(result)) {
        authority_release(authority);
        return result;
    }
    *ret_authority = authority;
    return RESULT_OK;
}

struct authority *authority_reference(struct authority *authority)
{
    __atomic_add_fetch(&authority->references, 1, __ATOMIC_RELAXED);
    return authority;
}

void authority_release(struct authority *authority)
{
    if (authority == NULL || __atomic_sub_fetch(&authority->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    for (size_t i = 0; i < authority->vendor_count; i++)
        vendor_free(&authority->vendors[i]);
    free(authority->vendors);
    site_keys_free(authority->site_keys);
    free(authority);
}

static int compare_vendor(const void *name, const void *vendor)
{
    return strcmp(name, ((const struct authority_vendor *)vendor)->vendor);
}

static int compare_license(const void *id, const void *license)
{
    return strcmp(id, ((const struct authority_license *)license)->license.id);
}

const struct authority_vendor *authority_find_vendor(const struct authority *authority, const char *vendor)
{
    if (authority->vendor_count == 0)
        return NULL;
    return bsearch(vendor, authority->vendors, authority->vendor_count, sizeof *authority->vendors, compare_vendor);
}

const struct authority_license *authority_find_license(const struct authority *authority, const char *id,
                                                       const struct authority_vendor **ret_vendor)
{
    for (size_t i = 0; i < authority->vendor_count; i++) {
        const struct authority_vendor *const vendor = &authority->vendors[i];
        if (vendor->license_count == 0)
            continue;
        const struct authority_license *const found =
            bsearch(id, vendor->licenses, vendor->license_count, sizeof *vendor->licenses, compare_license);
        if (found == NULL)
            continue;
        if (ret_vendor != NULL)
            *ret_vendor = vendor;
        return found;
    }
    return NULL;
}

const struct authority_license *authority_heir(const struct authority_vendor *vendor, const char *id, seconds now)
{
    for (size_t i = 0; i < vendor->succession_count; i++) {
        const struct authority_license *const by = &vendor->licenses[vendor->successions[i].by];
        if (strcmp(vendor->successions[i].before, id) == 0 && by->license.not_before <= now)
            return by;
    }
    return NULL;
}

const struct authority_license *authority_heir_to_be(const struct authority_vendor *vendor, const char *id)
{
    const struct authority_license *first = NULL;
    for (size_t i = 0; i < vendor->succession_count; i++) {
        const struct authority_license *const by = &vendor->licenses[vendor->successions[i].by];
        if (strcmp(vendor->successions[i].before, id) == 0 &&
            (first == NULL || by->license.not_before < first->license.not_before))
            first = by;
    }
    return first;
}

/* Whether one of the two has taken the other's place, or takes it. */
static bool in_a_chain(const struct authority_vendor *vendor, const char *one, const char *other)
{
    for (size_t i = 0; i < vendor->succession_count; i++) {
        const char *const before = vendor->successions[i].before;
        const char *const by = vendor->licenses[vendor->successions[i].by].license.id;
        if ((strcmp(before, one) == 0 && strcmp(by, other) == 0) ||
            (strcmp(before, other) == 0 && strcmp(by, one) == 0))
            return true;
    }
    return false;
}

uint64_t authority_joint_count(const struct authority_vendor *vendor, const struct authority_count *counts,
                               size_t count)
{
    uint64_t most = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t sum = counts[i].count;
        for (size_t k = 0; k < count; k++)
            if (k != i && in_a_chain(vendor, counts[i].license, counts[k].license))
                sum += counts[k].count;
        if (sum > most)
            most = sum;
    }
    return most;
}

bool authority_is_followed(const struct authority_vendor *vendor, const struct authority_license *entry)
{
    const struct license *const license = &entry->license;
    for (size_t i = 0; i < vendor->license_count; i++) {
        const struct license *const other = &vendor->licenses[i].license;
        const bool enough =
            license_replaces(other, license) ||
            (other->mode == license->mode && offer_equal(license_offer(other), license_offer(license)) &&
             other->seats + other->overage >= license->seats + license->overage);
        if (enough && !vendor->licenses[i].revoked && other->not_before <= license->not_after &&
            other->not_after > license->not_after)
            return true;
    }
    return false;
}

int authority_ending(const struct license *license, seconds now)
{
    static const int DAYS[] = {ENDING_NOW, ENDING_SOON, ENDING_LONG};
    if (now < license->not_before || now >= license->not_after)
        return 0;
    for (size_t i = 0; i < sizeof DAYS / sizeof DAYS[0]; i++)
        if (license->not_after - now <= (seconds)DAYS[i] * DAY)
            return DAYS[i];
    return 0;
}

/* The lower, the better: of one that may yet grant something it is below RANK_OVER. */
enum { RANK_IN_FORCE, RANK_TO_COME, RANK_OVER, RANK_REPLACED, RANK_REVOKED };

static int rank_of(const struct authority_vendor *vendor, const struct authority_license *entry, seconds now)
{
    if (entry->revoked)
        return RANK_REVOKED;
    if (authority_heir(vendor, entry->license.id, now) != NULL)
        return RANK_REPLACED;
    if (now >= entry->license.not_after)
        return RANK_OVER;
    return now < entry->license.not_before ? RANK_TO_COME : RANK_IN_FORCE;
}

static bool is_better(const struct authority_vendor *vendor, const struct authority_license *entry,
                      const struct authority_license *than, seconds now)
{
    if (than == NULL)
        return true;
    const int rank = rank_of(vendor, entry, now);
    const int other = rank_of(vendor, than, now);
    return rank < other || (rank == other && entry->license.not_after > than->license.not_after);
}

const struct authority_license *authority_best_license(const struct authority_vendor *vendor, struct offer offer,
                                                       enum license_mode mode, seconds now)
{
    const struct authority_license *best = NULL;
    for (size_t i = 0; i < vendor->license_count; i++) {
        const struct authority_license *const entry = &vendor->licenses[i];
        if (entry->license.mode == mode && offer_equal(license_offer(&entry->license), offer) &&
            is_better(vendor, entry, best, now))
            best = entry;
    }
    return best;
}

bool authority_other_mode_only(const struct authority_vendor *vendor, struct offer offer, enum license_mode mode,
                               seconds now)
{
    const enum license_mode other = mode == LICENSE_COUNTED ? LICENSE_VOLUME : LICENSE_COUNTED;
    const struct authority_license *const mine = authority_best_license(vendor, offer, mode, now);
    const struct authority_license *const theirs = authority_best_license(vendor, offer, other, now);
    const int rank = mine == NULL ? RANK_OVER : rank_of(vendor, mine, now);
    return rank >= RANK_OVER && theirs != NULL && rank_of(vendor, theirs, now) == RANK_IN_FORCE;
}
