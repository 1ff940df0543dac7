/* The files of a lease; see lease_files.h. */
#include "lease_files.h"

#include "records.h"

const struct companions companions_kept = {FILE_LICENSE, FILE_HOST};
const struct companions companions_coming = {FILE_NEXT_LICENSE, FILE_NEXT_HOST};

static RESULT write_companions(const char *folder, const struct companions *names, const struct lease_files *text,
                               struct reason *reason)
{
    CLEANUP_BUFFER struct buffer host = buffer_make(RECORD_MAX);
    struct host_list hosts = {0};
    TRY(host_list_add(&hosts, slice_of(text->host), NULL));
    TRY(host_list_write(&hosts, &host));
    TRY(state_write(folder, names->license, text->license, MODE_FILE, reason));
    return state_write(folder, names->host, buffer_slice(&host), MODE_FILE, reason);
}

static RESULT remove_companions(const char *folder, const struct companions *names, struct reason *reason)
{
    TRY(state_remove(folder, names->license, reason));
    return state_remove(folder, names->host, reason);
}

/* What is no file of this library is broken, and like any other that is. */
RESULT lease_files_mark(const char *folder, struct hash *ret_mark, struct reason *reason)
{
    CLEANUP_BUFFER struct buffer proof = buffer_make(PROOF_MAX);
    bool found = false;
    const struct result outcome = state_read(folder, FILE_LEASE, &proof, &found, reason);
    if (!is_ok(outcome) && !state_is_foreign(outcome))
        return outcome;
    const struct hash nothing = {{0}};
    *ret_mark = is_ok(outcome) && !found ? nothing : hash_of(buffer_slice(&proof));
    return RESULT_OK;
}

RESULT lease_files_store(const char *folder, const struct lease_files *text, struct reason *reason)
{
    TRY(write_companions(folder, &companions_coming, text, reason));
    TRY(state_write(folder, FILE_LEASE, text->proof, MODE_FILE, reason));
    TRY(write_companions(folder, &companions_kept, text, reason));
    TRY(state_remove(folder, FILE_RELEASE, reason));
    return remove_companions(folder, &companions_coming, reason);
}

RESULT lease_files_forget(const char *folder, struct reason *reason)
{
    TRY(state_remove(folder, FILE_LEASE, reason));
    TRY(remove_companions(folder, &companions_kept, reason));
    TRY(state_remove(folder, FILE_RELEASE, reason));
    return remove_companions(folder, &companions_coming, reason);
}
