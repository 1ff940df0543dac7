/* The files in which Linux tells what a machine consists of; see tree.h. */
#include "tree.h"

#include "base/bytes.h"
#include "system/files.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* False where it does not fit: a path that is cut down is that of another file. */
__attribute__((format(printf, 3, 0))) static bool write_path(const struct tree *tree, char ret_path[static PATH_SIZE],
                                                             const char *format, va_list arguments)
{
    const size_t size = strlen(tree->root);
    if (size >= PATH_SIZE)
        return false;
    memcpy(ret_path, tree->root, size);
    const int length = vsnprintf(ret_path + size, PATH_SIZE - size, format, arguments);
    return length >= 0 && (size_t)length < PATH_SIZE - size;
}

static bool read_line(const char *path, char ret_line[static SOURCE_VALUE_SIZE])
{
    CLEANUP_BUFFER struct buffer text = buffer_make(PATH_SIZE);
    const struct result read = file_read(path, &text, NULL);
    ret_line[0] = 0;
    if (!is_ok(read))
        return result_code(read) != ERR_FILE_READ || !file_exists(path);
    const char *line = buffer_text(&text);
    line += strspn(line, " \t");
    size_t size = strcspn(line, "\n");
    while (size > 0 && ascii_is_space(line[size - 1]))
        size--;
    if (size >= SOURCE_VALUE_SIZE)
        return true;
    for (size_t i = 0; i < size; i++)
        ret_line[i] = ascii_lower(line[i]);
    ret_line[size] = 0;
    return true;
}

bool tree_line(const struct tree *tree, char ret_line[static SOURCE_VALUE_SIZE], const char *format, ...)
{
    char path[PATH_SIZE];
    va_list arguments;
    va_start(arguments, format);
    const bool fits = write_path(tree, path, format, arguments);
    va_end(arguments);
    ret_line[0] = 0;
    return !fits || read_line(path, ret_line);
}

bool tree_has(const struct tree *tree, const char *format, ...)
{
    char path[PATH_SIZE];
    va_list arguments;
    va_start(arguments, format);
    const bool fits = write_path(tree, path, format, arguments);
    va_end(arguments);
    return fits && file_exists(path);
}

void tree_each(const struct tree *tree, const char *folder, RESULT (*look)(void *context, const char *name))
{
    char path[PATH_SIZE];
    struct tree same = *tree;
    if (snprintf(path, sizeof path, "%s%s", tree->root, folder) < PATH_SIZE)
        result_ignore(folder_list(path, look, &same, NULL));
}

static bool begins_with_number(const char *name, const char *word)
{
    const size_t size = strlen(word);
    return strncmp(name, word, size) == 0 && name[size] >= '0' && name[size] <= '9';
}

/* Of one folder on the way from a device up to the root of all. USB and, since Linux 5.14, PCI behind a port for
 * Thunderbolt say themselves what can be pulled out; a bus of USB is one whatever is said. */
static enum source_use connection_by(const char *folder, const char *name)
{
    char path[PATH_SIZE];
    char removable[SOURCE_VALUE_SIZE];
    if (begins_with_number(name, "usb"))
        return SOURCE_PLUGGED;
    if (begins_with_number(name, "session") || strncmp(name, "rport-", 6) == 0 || strcmp(name, "nvme-fabrics") == 0)
        return SOURCE_SHARED;
    if (!is_ok(path_join(path, folder, "removable")) || !read_line(path, removable))
        return SOURCE_USED;
    return strcmp(removable, "removable") == 0 ? SOURCE_PLUGGED : SOURCE_USED;
}

static enum source_use walk_up(char *device, const char *root)
{
    const size_t top = strlen(root);
    enum source_use use = SOURCE_USED;
    while (use == SOURCE_USED && strlen(device) > top) {
        char *const slash = strrchr(device, '/');
        if (slash == NULL)
            break;
        use = connection_by(device, slash + 1);
        *slash = 0;
    }
    return use;
}

enum source_use tree_connection(const struct tree *tree, const char *format, ...)
{
    char path[PATH_SIZE];
    va_list arguments;
    va_start(arguments, format);
    const bool fits = write_path(tree, path, format, arguments);
    va_end(arguments);
    char *const device = fits ? realpath(path, NULL) : NULL;
    char *const root = realpath(tree->root[0] != 0 ? tree->root : "/", NULL);
    const enum source_use use = device != NULL && root != NULL ? walk_up(device, root) : SOURCE_USED;
    free(device);
    free(root);
    return use;
}

void tree_show(const struct tree *tree, const char *kind, const char *place, const char *value, enum source_use use)
{
    struct source_seen seen = {.kind = kind, .place = place, .value = value, .use = use};
    if (use == SOURCE_USED && value[0] == 0)
        seen.use = SOURCE_EMPTY;
    else if (use == SOURCE_USED && value_is_known_to_repeat(kind, value))
        seen.use = SOURCE_REPEATS;
    tree->each(tree->context, &seen);
}
