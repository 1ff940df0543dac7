/* Making a host's folder of a backup; see backup/backup.h. */
#include "authority/folder.h"
#include "backup/backup.h"
#include "base/sentences.h"
#include "reading.h"
#include "system/owner.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct unpacking {
    const char *folder;
    struct file_draft draft;
    bool open;
    bool put_off; /* the file under way is the host's name, which comes last */
    char host[HOST_NAME_SIZE];
    struct reason *reason;
};

/* ---- one file after the other ---- */

static RESULT make_folder_of(const struct unpacking *unpacking, const char *name)
{
    char path[PATH_SIZE];
    if (strchr(name, '/') == NULL)
        return RESULT_OK;
    TRY(path_join(path, unpacking->folder, name));
    return path_go_up(path) ? folder_make(path, 0700, unpacking->reason) : RESULT_OK;
}

static bool is_secret(const char *name)
{
    return strcmp(name, BACKUP_CONFIG) == 0 || strcmp(name, FOLDER_DATABASE) == 0 || backup_name_is_key(name) ||
           strncmp(name, FOLDER_SIGNER "/", strlen(FOLDER_SIGNER "/")) == 0;
}

static RESULT begin_file(void *context, const char *name, uint64_t size)
{
    struct unpacking *const unpacking = context;
    char path[PATH_SIZE];
    (void)size;
    unpacking->put_off = strcmp(name, FOLDER_HOST) == 0;
    if (unpacking->put_off)
        return RESULT_OK;
    TRY(make_folder_of(unpacking, name));
    TRY(path_join(path, unpacking->folder, name));
    TRY(file_draft_begin(path, is_secret(name) ? 0600 : 0644, &unpacking->draft, unpacking->reason));
    unpacking->open = true;
    return RESULT_OK;
}

static RESULT put_bytes(void *context, struct slice bytes)
{
    const struct unpacking *const unpacking = context;
    return unpacking->put_off ? RESULT_OK : file_draft_add(&unpacking->draft, bytes, unpacking->reason);
}

static RESULT end_file(void *context)
{
    struct unpacking *const unpacking = context;
    if (unpacking->put_off)
        return RESULT_OK;
    unpacking->open = false;
    return file_draft_keep(&unpacking->draft, unpacking->reason);
}

/* ---- the folder ---- */

/* An archive may have been put there before. */
static RESULT not_empty(void *context, const char *name)
{
    if (strcmp(name, FOLDER_ARCHIVE) == 0)
        return RESULT_OK;
    return reason_say(context, FAIL(FILE_EXISTS), _("the folder is not empty: there is %s"), name);
}

static RESULT check_empty(const char *folder, struct reason *reason)
{
    return folder_list(folder, not_empty, reason, reason);
}

static RESULT put_host_name(const struct unpacking *unpacking)
{
    char path[PATH_SIZE];
    char line[HOST_NAME_SIZE + 1];
    const size_t size = strlen(unpacking->host);
    memcpy(line, unpacking->host, size);
    line[size] = '\n';
    TRY(path_join(path, unpacking->folder, FOLDER_HOST));
    return file_create(path, slice_make(line, size + 1), 0644, unpacking->reason);
}

static RESULT unpack(int file, const char *path, struct unpacking *unpacking)
{
    char inner[PATH_SIZE];
    struct reason *const reason = unpacking->reason;
    const struct backup_visitor visitor = {
        .file = begin_file, .bytes = put_bytes, .end = end_file, .context = unpacking};
    TRY(folder_make(unpacking->folder, 0700, reason));
    TRY(owner_become(unpacking->folder, reason)); /* until the end: there is nothing else to do as root */
    TRY(path_join(inner, unpacking->folder, FOLDER_SIGNER));
    TRY(folder_make(inner, 0700, reason));
    TRY(path_join(inner, unpacking->folder, FOLDER_VENDORS));
    TRY(folder_make(inner, 0700, reason));
    const struct result read = reading_visit(file, path, &visitor, reason);
    if (unpacking->open)
        file_draft_drop(&unpacking->draft);
    TRY(read);
    return put_host_name(unpacking);
}

static RESULT check_and_unpack(int file, const char *path, struct unpacking *unpacking,
                               struct backup_report *ret_report)
{
    struct backup_report report;
    TRY(reading_report(file, path, &report, unpacking->reason));
    if (lseek(file, 0, SEEK_SET) != 0)
        return reason_say(unpacking->reason, FAIL(FILE_READ), "%s: %s", path, strerror(errno));
    memcpy(unpacking->host, report.head.host, sizeof unpacking->host);
    TRY(unpack(file, path, unpacking));
    *ret_report = report;
    return RESULT_OK;
}

RESULT backup_unpack(const char *path, const char *folder, struct backup_report *ret_report, struct reason *reason)
{
    int file = -1;
    uint64_t size;
    struct unpacking unpacking = {.folder = folder, .reason = reason};
    TRY(check_empty(folder, reason));
    TRY(file_pieces(path, &file, &size, reason));
    const struct result result = check_and_unpack(file, path, &unpacking, ret_report);
    file_pieces_end(file);
    return result;
}
