/* A backup in a file that is open; see reading.h. */
#include "reading.h"

#include <string.h>

struct file_source {
    int file;
    const char *path;
    struct reason *reason;
};

static RESULT get(void *context, uint8_t *bytes, size_t size, size_t *ret_size)
{
    const struct file_source *const source = context;
    return file_piece(source->file, source->path, bytes, size, ret_size, source->reason);
}

RESULT reading_visit(int file, const char *path, const struct backup_visitor *visitor, struct reason *reason)
{
    struct file_source from = {file, path, reason};
    const struct backup_source source = {get, &from};
    return backup_read(&source, visitor);
}

static RESULT keep_head(void *context, const struct backup_head *head)
{
    struct backup_report *const report = context;
    report->head = *head;
    return RESULT_OK;
}

static RESULT count_file(void *context, const char *name, uint64_t size)
{
    struct backup_report *const report = context;
    (void)name;
    report->files++;
    report->bytes += size;
    return RESULT_OK;
}

RESULT reading_report(int file, const char *path, struct backup_report *ret_report, struct reason *reason)
{
    struct backup_report report = {.files = 0};
    const struct backup_visitor visitor = {.head = keep_head, .file = count_file, .context = &report};
    TRY(reading_visit(file, path, &visitor, reason));
    *ret_report = report;
    return RESULT_OK;
}

RESULT backup_check(const char *path, struct backup_report *ret_report, struct reason *reason)
{
    int file = -1;
    uint64_t size;
    TRY(file_pieces(path, &file, &size, reason));
    const struct result result = reading_report(file, path, ret_report, reason);
    file_pieces_end(file);
    return result;
}
