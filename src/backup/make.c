/* Writing a backup; see backup/backup.h. */
#include "authority/folder.h"
#include "backup/backup.h"
#include "base/secret.h"
#include "base/sentences.h"
#include "reading.h"
#include "signer/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATE_TRIES = 100 }; /* a state file may be read while the signer writes one of its two copies */

struct making {
    const struct backup_options *options;
    struct backup_writer writer;
    struct file_draft draft;
    struct reason *reason;
    uint64_t bytes;
    const char *vendor; /* of which files are being put */
};

static RESULT put_bytes(void *context, struct slice bytes)
{
    const struct making *const making = context;
    return file_draft_add(&making->draft, bytes, making->reason);
}

/* ---- one file ---- */

static RESULT put_small(struct making *making, const char *name, struct slice content)
{
    making->bytes += content.size;
    TRY(backup_write_file(&making->writer, name, content.size));
    return backup_write_bytes(&making->writer, content);
}

static RESULT put_file(struct making *making, const char *name, const char *path)
{
    CLEANUP_SECRET_BUFFER struct buffer content = buffer_make(BACKUP_SMALL_MAX);
    if (!file_exists(path))
        return RESULT_OK;
    TRY(file_read_kept(path, &content, making->reason));
    return put_small(making, name, buffer_slice(&content));
}

static RESULT put_pieces(struct making *making, int file, const char *path, uint64_t size)
{
    uint8_t *const piece = malloc(BACKUP_BLOCK);
    ENSURE(piece != NULL, NO_MEMORY);
    struct result result = RESULT_OK;
    size_t got = 1;
    for (uint64_t left = size; is_ok(result) && left > 0 && got > 0; left -= got) {
        result = file_piece(file, path, piece, left < BACKUP_BLOCK ? (size_t)left : BACKUP_BLOCK, &got, making->reason);
        if (is_ok(result))
            result = got == 0 ? FAIL(FILE_READ) : backup_write_bytes(&making->writer, slice_make(piece, got));
    }
    free(piece);
    return result;
}

static RESULT put_database(struct making *making)
{
    const char *const path = making->options->database;
    int file = -1;
    uint64_t size;
    TRY(file_pieces(path, &file, &size, making->reason));
    making->bytes += size;
    struct result result = backup_write_file(&making->writer, FOLDER_DATABASE, size);
    if (is_ok(result))
        result = put_pieces(making, file, path, size);
    file_pieces_end(file);
    return result;
}

/* ---- the signer's ---- */

static RESULT host_key_of(const struct making *making, const char *name, struct verifier_key *ret_key)
{
    char vendor[NAME_SIZE];
    char path[PATH_SIZE];
    const size_t plus = strcspn(name, "+");
    const size_t size = name[plus] == '+' ? plus : strlen(name) - strlen(".state");
    CLEANUP_BUFFER struct buffer text = buffer_make(VERIFIER_KEY_TEXT_SIZE + 1);
    TRY(slice_copy_text(slice_make(name, size), vendor, sizeof vendor));
    TRY(folder_vendor_path(making->options->folder, vendor, FOLDER_HOST_KEY, path));
    TRY(file_read_kept(path, &text, making->reason));
    return verifier_key_read(key_file_text(buffer_slice(&text)), ret_key);
}

/* Two copies stand in a state file, of which the signer writes one at a time; what was read must have the newer or the
 * older one whole. */
static RESULT read_state(const struct making *making, const char *name, const char *path, struct buffer *content)
{
    struct verifier_key key;
    struct result loaded = RESULT_OK;
    TRY(host_key_of(making, name, &key));
    for (unsigned i = 0; i < STATE_TRIES; i++) {
        struct signer_state state;
        buffer_clear(content);
        TRY(file_read_kept(path, content, making->reason));
        loaded = signer_state_load(buffer_slice(content), &key, &state);
        if (result_code(loaded) != ERR_SIGNER_STATE)
            break;
    }
    return is_ok(loaded) ? loaded : reason_say(making->reason, loaded, "%s", path);
}

static RESULT put_signer_file(void *context, const char *file)
{
    struct making *const making = context;
    char name[BACKUP_NAME_SIZE];
    char path[PATH_SIZE];
    const int length = snprintf(name, sizeof name, FOLDER_SIGNER "/%s", file);
    if (length < 0 || (size_t)length >= sizeof name || !backup_name_good(name))
        return RESULT_OK;
    TRY(path_join(path, making->options->folder, name));
    if (backup_name_is_key(name))
        return making->options->keys ? put_file(making, name, path) : RESULT_OK;
    CLEANUP_BUFFER struct buffer content = buffer_make(STATE_FILE_SIZE);
    TRY(read_state(making, file, path, &content));
    return put_small(making, name, buffer_slice(&content));
}

/* ---- the vendors' ---- */

static RESULT put_vendor_part(struct making *making, const char *part)
{
    char name[BACKUP_NAME_SIZE];
    char path[PATH_SIZE];
    const int length = snprintf(name, sizeof name, FOLDER_VENDORS "/%s/%s", making->vendor, part);
    if (length < 0 || (size_t)length >= sizeof name || !backup_name_good(name))
        return RESULT_OK;
    TRY(path_join(path, making->options->folder, name));
    return put_file(making, name, path);
}

static RESULT put_within(struct making *making, const char *folder, const char *id)
{
    char part[BACKUP_NAME_SIZE];
    const int length = snprintf(part, sizeof part, "%s/%s", folder, id);
    return length < 0 || (size_t)length >= sizeof part ? RESULT_OK : put_vendor_part(making, part);
}

static RESULT put_license(void *context, const char *id)
{
    return put_within(context, FOLDER_LICENSES, id);
}

static RESULT put_product(void *context, const char *id)
{
    return put_within(context, FOLDER_PRODUCTS, id);
}

static RESULT put_vendor(void *context, const char *vendor)
{
    struct making *const making = context;
    char path[PATH_SIZE];
    making->vendor = vendor;
    TRY(folder_vendor_path(making->options->folder, vendor, FOLDER_LICENSES, path));
    TRY(put_vendor_part(making, FOLDER_HOST_REQUEST));
    TRY(put_vendor_part(making, FOLDER_HOST_KEY));
    TRY(folder_list(path, put_license, making, making->reason));
    TRY(folder_vendor_path(making->options->folder, vendor, FOLDER_PRODUCTS, path));
    TRY(folder_list(path, put_product, making, making->reason));
    TRY(put_vendor_part(making, FOLDER_REVOCATIONS));
    TRY(put_vendor_part(making, FOLDER_VENDOR_KEY));
    return put_vendor_part(making, FOLDER_VENDOR_KEYS);
}

static RESULT put_site_keys(struct making *making)
{
    static const char *const files[] = {FOLDER_SITE_KEY, FOLDER_SITE_FORMER};
    for (size_t i = 0; making->options->keys && i < sizeof files / sizeof *files; i++) {
        char path[PATH_SIZE];
        TRY(path_join(path, making->options->folder, files[i]));
        TRY(put_file(making, files[i], path));
    }
    return RESULT_OK;
}

/* ---- all of it ---- */

static RESULT put_all(struct making *making, const struct backup_head *head)
{
    const char *const folder = making->options->folder;
    char path[PATH_SIZE];
    TRY(backup_write_begin(&making->writer, head));
    if (making->options->config != NULL)
        TRY(put_file(making, BACKUP_CONFIG, making->options->config));
    TRY(put_database(making));
    TRY(path_join(path, folder, FOLDER_HOST));
    TRY(put_file(making, FOLDER_HOST, path));
    TRY(path_join(path, folder, FOLDER_SIGNER));
    TRY(folder_list(path, put_signer_file, making, making->reason));
    TRY(put_site_keys(making));
    TRY(path_join(path, folder, FOLDER_VENDORS));
    TRY(folder_list(path, put_vendor, making, making->reason));
    return backup_write_end(&making->writer);
}

static RESULT write_and_check(struct making *making, const struct backup_head *head, struct backup_report *ret_report)
{
    struct backup_report back = {.files = 0};
    TRY(put_all(making, head));
    TRY(file_draft_sync(&making->draft, making->reason));
    TRY(reading_report(making->draft.file, making->draft.path, &back, making->reason));
    ENSURE(back.files == making->writer.files && back.bytes == making->bytes, BACKUP_DAMAGED);
    *ret_report = back;
    return RESULT_OK;
}

RESULT backup_make(const struct backup_options *options, const char *path, struct backup_report *ret_report,
                   struct reason *reason)
{
    struct backup_report report;
    struct making making = {.options = options, .reason = reason};
    struct backup_head head = {.made = options->now, .keys = options->keys};
    TRY(folder_host_name(options->folder, head.host, reason));
    TRY(file_draft_begin(path, 0600, &making.draft, reason));
    making.writer.put = put_bytes;
    making.writer.context = &making;
    struct result result = write_and_check(&making, &head, &report);
    backup_writer_free(&making.writer);
    if (is_ok(result))
        result = file_draft_keep(&making.draft, reason);
    else
        file_draft_drop(&making.draft);
    if (is_ok(result))
        *ret_report = report;
    return result;
}
