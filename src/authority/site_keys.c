/* The site keys in a host's folder; see authority/site_keys.h. */
#include "authority/site_keys.h"

#include "authority/folder.h"
#include "system/files.h"

#include <string.h>

enum { SITE_LOCK_WAIT_MS = 5000, MODE_SITE_KEY = 0600 };

/* Hidden, so that no listing shows it. */
#define SITE_LOCK ".site-key.lock"

static void unlock_cleanup(const int *lock)
{
    file_unlock(*lock);
}
#define CLEANUP_LOCK __attribute__((cleanup(unlock_cleanup)))

/* *ret_found is false where there is none. */
static RESULT read_key(const char *folder, const char *file, struct site_key *ret_key, bool *ret_found,
                       struct reason *reason)
{
    CLEANUP_SECRET_BUFFER struct buffer text = buffer_make(SITE_KEY_FILE_MAX);
    char path[PATH_SIZE];
    TRY(path_join(path, folder, file));
    *ret_found = file_exists(path);
    if (!*ret_found)
        return RESULT_OK;
    struct result read = file_read_kept(path, &text, reason);
    if (!is_ok(read) && result_code(read) != ERR_FILE_TOO_LARGE)
        return read; /* its words name the file */
    if (is_ok(read))
        read = site_key_read(buffer_slice(&text), ret_key);
    return is_ok(read) ? RESULT_OK : reason_say(reason, read, "%s", path);
}

static RESULT write_key(const char *folder, const char *file, const struct site_key *key, struct reason *reason)
{
    CLEANUP_SECRET_BUFFER struct buffer text = buffer_make(SITE_KEY_FILE_MAX);
    char path[PATH_SIZE];
    TRY(path_join(path, folder, file));
    TRY(site_key_write(key, &text));
    return file_write_kept(path, buffer_slice(&text), MODE_SITE_KEY, reason);
}

static RESULT remove_key(const char *folder, const char *file, bool *changed, struct reason *reason)
{
    char path[PATH_SIZE];
    TRY(path_join(path, folder, file));
    *changed = *changed || file_exists(path);
    return file_remove(path, reason);
}

/* ---- those that hold ---- */

static RESULT load_into(const char *folder, RESULT (*each_fault)(void *context, const char *file, struct result why),
                        void *context, struct site_keys *keys)
{
    static const char *const files[SITE_KEYS_MAX] = {FOLDER_SITE_KEY, FOLDER_SITE_FORMER};
    for (size_t i = 0; i < SITE_KEYS_MAX; i++) {
        bool found = false;
        const struct result read = read_key(folder, files[i], &keys->keys[keys->count], &found, NULL);
        ENSURE(result_code(read) != ERR_NO_MEMORY, NO_MEMORY);
        if (!is_ok(read) && each_fault != NULL)
            TRY(each_fault(context, files[i], read));
        if (!is_ok(read) || !found)
            continue;
        keys->count++;
        keys->current += i == 0 ? 1 : 0;
    }
    return RESULT_OK;
}

RESULT site_keys_load(const char *folder, RESULT (*each_fault)(void *context, const char *file, struct result why),
                      void *context, struct site_keys **ret_keys)
{
    struct site_keys *keys = secret_new(sizeof *keys);
    ENSURE(keys != NULL, NO_MEMORY);
    const struct result loaded = load_into(folder, each_fault, context, keys);
    if (!is_ok(loaded) || keys->count == 0) {
        site_keys_free(keys);
        keys = NULL;
    }
    if (is_ok(loaded))
        *ret_keys = keys;
    return loaded;
}

void site_keys_free(struct site_keys *keys)
{
    secret_free(keys);
}

/* ---- changing them ---- */

static RESULT lock_keys(const char *folder, int *ret_lock, struct reason *reason)
{
    char host[HOST_NAME_SIZE];
    char path[PATH_SIZE];
    TRY(folder_host_name(folder, host, reason));
    TRY(path_join(path, folder, SITE_LOCK));
    return file_lock(path, SITE_LOCK_WAIT_MS, ret_lock, reason);
}

/* Whether the file was read, and what it holds is no key; not that it could not be read, when it may hold one. */
static bool is_damaged(struct result read)
{
    return error_info(result_code(read))->category == CATEGORY_INPUT;
}

/* With the lock. The former one first: what is in use stays so until the new one is there. A file that holds no key has
 * nothing to hand down, and the former one stays what it is. */
static RESULT put(const char *folder, const struct site_key *key, struct site_key *before,
                  struct site_key_change *change, struct reason *reason)
{
    char former[PATH_SIZE];
    bool found = false;
    struct reason damage = {.text = ""};
    TRY(path_join(former, folder, FOLDER_SITE_FORMER));
    const struct result read = read_key(folder, FOLDER_SITE_KEY, before, &found, &damage);
    if (!is_ok(read) && !is_damaged(read))
        return reason_say(reason, read, "%s", damage.text);
    found = found && is_ok(read);
    *change = (struct site_key_change){.put = SITE_KEY_KNOWN, .damaged = read};
    if (found && secret_equal(before->bytes, key->bytes, SITE_KEY_SIZE))
        return RESULT_OK;
    change->put = found && file_exists(former) ? SITE_KEY_PUT_AND_ENDED : SITE_KEY_PUT;
    if (found)
        TRY(write_key(folder, FOLDER_SITE_FORMER, before, reason));
    return write_key(folder, FOLDER_SITE_KEY, key, reason);
}

RESULT site_keys_put(const char *folder, const struct site_key *key, struct site_key_change *ret_change,
                     struct reason *reason)
{
    CLEANUP_LOCK int lock = -1;
    struct site_key before;
    struct site_key_change change;
    TRY(lock_keys(folder, &lock, reason));
    const struct result result = put(folder, key, &before, &change, reason);
    secret_wipe(&before, sizeof before);
    if (is_ok(result))
        *ret_change = change;
    return result;
}

RESULT site_keys_end(const char *folder, bool all, bool *ret_changed, struct reason *reason)
{
    CLEANUP_LOCK int lock = -1;
    TRY(lock_keys(folder, &lock, reason));
    *ret_changed = false;
    TRY(remove_key(folder, FOLDER_SITE_FORMER, ret_changed, reason));
    return all ? remove_key(folder, FOLDER_SITE_KEY, ret_changed, reason) : RESULT_OK;
}
