/* `avald backup` and `avald restore`, as src/programs/avald/ has them; see host.h. */
#include "authority/folder.h"
#include "backup/backup.h"
#include "disk_files.h"
#include "files.h"
#include "host.h"
#include "must.h"

#include <unistd.h>

static RESULT copy_database(struct host *host, const char *path)
{
    struct store *store = NULL;
    if (host->up)
        TRY(engine_open_reader(host->engine, &store, NULL));
    else
        TRY(host_open_store(host, &store));
    const struct result copied = store_copy(store, path, NULL, NULL);
    store_close(store);
    return copied;
}

bool host_archive(struct host *host, seconds now)
{
    struct backup_report report;
    char copy[PATH_SIZE];
    must(path_join(copy, host->config.data, "../copy.db"));
    const struct backup_options options = {.folder = host->folder, .database = copy, .keys = true, .now = now};
    const struct result copied = copy_database(host, copy);
    if (is_ok(copied))
        must(backup_make(&options, host->archive, &report, NULL));
    unlink(copy);
    host->has_archive = host->has_archive || is_ok(copied);
    return is_ok(copied);
}

static void forget_on_disk(const char *path)
{
    struct disk_name *const name = disk_name(path, false);
    if (name != NULL)
        name->shown = name->kept = NULL;
}

static void put_on_disk(const struct host *host)
{
    const struct slice content = files_content(host->database);
    char path[PATH_SIZE];
    must(path_join(path, host->folder, FOLDER_DATABASE "-wal"));
    forget_on_disk(path);
    must(path_join(path, host->folder, FOLDER_DATABASE "-shm"));
    forget_on_disk(path);
    forget_on_disk(host->database);
    disk_file_make(host->database, content);
    must(file_remove(host->database, NULL));
}

void host_unarchive(struct host *host)
{
    struct backup_report report;
    files_remove_below(host->folder);
    must(backup_unpack(host->archive, host->folder, &report, NULL));
    put_on_disk(host);
}
