/* State files of a ledger's epochs; see state_files.h. */
#include "signer/state_files.h"

#include "core/tlog/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SUFFIX ".state"

struct search {
    const char *vendor;
    uint64_t newest;
};

/* Takes VENDOR+N.state into account, and nothing else. */
static RESULT look_at(void *context, const char *name)
{
    struct search *search = context;
    const size_t length = strlen(search->vendor);
    if (strncmp(name, search->vendor, length) != 0 || name[length] != '+')
        return RESULT_OK;
    uint64_t epoch;
    struct slice number = slice_of(name + length + 1);
    if (!slice_cut_ending(&number, SUFFIX))
        return RESULT_OK;
    if (is_ok(decimal_read(number, EPOCH_LAST, &epoch)) && epoch > search->newest)
        search->newest = epoch;
    return RESULT_OK;
}

RESULT epoch_newest(const char *keys, const char *vendor, uint64_t *ret_epoch)
{
    struct search search = {vendor, 1};
    TRY(folder_list(keys, look_at, &search, NULL));
    *ret_epoch = search.newest;
    return RESULT_OK;
}

RESULT epoch_state_path(const char *keys, const char *vendor, uint64_t epoch, char ret_path[static PATH_SIZE])
{
    char name[NAME_SIZE + 32];
    const int length = epoch == 1 ? snprintf(name, sizeof name, "%s" SUFFIX, vendor)
                                  : snprintf(name, sizeof name, "%s+%" PRIu64 SUFFIX, vendor, epoch);
    ENSURE(length > 0 && (size_t)length < sizeof name, TEXT_TOO_LONG);
    return path_join(ret_path, keys, name);
}
