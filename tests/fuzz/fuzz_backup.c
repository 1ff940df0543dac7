/* Backups from arbitrary bytes: only files that a host may have are handed out, in order and as long as they are said
 * to be; what is read is written again as the same bytes. */
#include "backup/container.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct again {
    struct slice rest; /* to be read */
    struct backup_writer writer;
    struct buffer written;
    uint64_t left;
};

static RESULT get(void *context, uint8_t *bytes, size_t size, size_t *ret_size)
{
    struct again *const again = context;
    const size_t got = again->rest.size < size ? again->rest.size : size;
    if (got > 0)
        memcpy(bytes, again->rest.data, got);
    again->rest = slice_make(again->rest.data + got, again->rest.size - got);
    *ret_size = got;
    return RESULT_OK;
}

static RESULT put(void *context, struct slice bytes)
{
    struct again *const again = context;
    buffer_append_slice(&again->written, bytes);
    return buffer_status(&again->written);
}

static RESULT head(void *context, const struct backup_head *head)
{
    struct again *const again = context;
    return backup_write_begin(&again->writer, head);
}

static RESULT file(void *context, const char *name, uint64_t size)
{
    struct again *const again = context;
    assert(backup_name_good(name) && again->left == 0 && strstr(name, "..") == NULL && name[0] != '/');
    again->left = size;
    const struct result written = backup_write_file(&again->writer, name, size);
    assert(is_ok(written));
    return written;
}

static RESULT bytes(void *context, struct slice bytes)
{
    struct again *const again = context;
    assert(bytes.size > 0 && bytes.size <= again->left && bytes.size <= BACKUP_BLOCK);
    again->left -= bytes.size;
    return backup_write_bytes(&again->writer, bytes);
}

static RESULT end(void *context)
{
    const struct again *const again = context;
    assert(again->left == 0);
    return RESULT_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct again again = {.rest = slice_make(data, size), .written = buffer_make(size + 1)};
    const struct backup_source source = {get, &again};
    const struct backup_visitor visitor = {head, file, bytes, end, &again};
    again.writer.put = put;
    again.writer.context = &again;
    struct result result = backup_read(&source, &visitor);
    if (is_ok(result)) {
        result = backup_write_end(&again.writer);
        assert(is_ok(result) && slice_equal(buffer_slice(&again.written), slice_make(data, size)));
    }
    backup_writer_free(&again.writer);
    buffer_free(&again.written);
    return 0;
}
