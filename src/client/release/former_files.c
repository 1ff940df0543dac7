/* Where former leases lie; see former_files.h. */
#include "former_files.h"

#include "state/lease_files.h"
#include "state/records.h"

struct walk {
    const char *folder;
    RESULT (*each)(void *context, const char *license);
    void *context;
};

RESULT former_folder(const char *folder, const char *license, char ret_folder[static PATH_SIZE])
{
    TRY(path_join(ret_folder, folder, FOLDER_FORMER));
    return path_join(ret_folder, ret_folder, license);
}

static RESULT copy(const char *from, const char *to, const char *file, size_t most, struct reason *reason)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(most);
    bool found = false;
    TRY(state_read(from, file, &text, &found, reason));
    return found ? state_write(to, file, buffer_slice(&text), MODE_FILE, reason) : RESULT_OK;
}

/* The lease comes last: without it there is none. */
RESULT former_keep(const char *folder, const char *license, struct reason *reason)
{
    char former[PATH_SIZE];
    TRY(former_folder(folder, license, former));
    TRY(kept_make(former, MODE_FOLDER, reason));
    TRY(lease_files_forget(former, reason));
    TRY(copy(folder, former, FILE_LICENSE, NOTE_MAX, reason));
    TRY(copy(folder, former, FILE_HOST, RECORD_MAX, reason));
    TRY(copy(folder, former, FILE_NEXT_LICENSE, NOTE_MAX, reason));
    TRY(copy(folder, former, FILE_NEXT_HOST, RECORD_MAX, reason));
    return copy(folder, former, FILE_LEASE, PROOF_MAX, reason);
}

static bool has_lease(const char *former)
{
    char path[PATH_SIZE];
    return is_ok(path_join(path, former, FILE_LEASE)) && kept_exists(path);
}

RESULT former_forget(const char *folder, const char *license, struct reason *reason)
{
    char former[PATH_SIZE];
    TRY(former_folder(folder, license, former));
    return has_lease(former) ? lease_files_forget(former, reason) : RESULT_OK;
}

static RESULT visit(void *context, const char *license)
{
    const struct walk *const walk = context;
    char former[PATH_SIZE];
    TRY(former_folder(walk->folder, license, former));
    return is_ok(id_check(slice_of(license))) && has_lease(former) ? walk->each(walk->context, license) : RESULT_OK;
}

RESULT former_each(const char *folder, RESULT (*each)(void *context, const char *license), void *context,
                   struct reason *reason)
{
    struct walk walk = {folder, each, context};
    char formers[PATH_SIZE];
    TRY(path_join(formers, folder, FOLDER_FORMER));
    return kept_list(formers, visit, &walk, reason);
}
