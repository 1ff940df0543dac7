/*
 * A product in a container: activated in memory alone, and at work until somebody ends it.
 *
 *     worker PRODUCT-FILE VENDOR-KEY PRODUCT-KEY HOST
 *
 * Which container it is, its platform says in AVAL_MACHINE_ID. Nothing is written anywhere: when the container goes,
 * its machine key is gone with it. Ended in order (SIGTERM) it gives its seat back; killed, its lease ends by itself,
 * which is why licenses for containers have short ones. Exit status: 0 when it was ended, 1 without a license.
 */
#include <aval/aval.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DOCUMENT_MAX = 262144, LOOK_SECONDS = 60 };

static int failed(const aval_machine *machine, const char *what, int code)
{
    fprintf(stderr, "%s: %s (%s)\n", what, aval_last_message(machine), aval_code_name(code));
    return 1;
}

static size_t read_file(const char *path, char *text)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return 0;
    const size_t size = fread(text, 1, DOCUMENT_MAX, file);
    fclose(file);
    return size;
}

static int set_up(aval_machine *machine, char **argv, char *document)
{
    const char *hosts[] = {argv[4]};
    const size_t size = read_file(argv[1], document);
    int code = aval_product_install(machine, document, size, argv[2]);
    if (code == AVAL_OK)
        code = aval_key_install(machine, argv[3]);
    if (code == AVAL_OK)
        code = aval_hosts_set(machine, hosts, 1);
    return code;
}

/* A lease that is due is renewed; the library has no thread of its own. */
static int work(aval_machine *machine, const sigset_t *ending)
{
    const struct timespec look = {.tv_sec = LOOK_SECONDS};
    while (sigtimedwait(ending, NULL, &look) < 0) {
        struct aval_status status = {.size = sizeof status};
        (void)aval_renew(machine, NULL, 0, NULL);
        if (aval_status(machine, NULL, &status) != AVAL_OK || status.state != AVAL_LICENSED)
            return failed(machine, "not licensed any more", status.code);
    }
    (void)aval_release(machine, NULL, NULL);
    return 0;
}

int main(int argc, char **argv)
{
    const struct aval_options options = {.size = sizeof options, .state_folder = "memory:"};
    aval_machine *machine = NULL;
    sigset_t ending;
    if (argc != 5) {
        fprintf(stderr, "worker PRODUCT-FILE VENDOR-KEY PRODUCT-KEY HOST\n");
        return 1;
    }
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    sigprocmask(SIG_BLOCK, &ending, NULL);
    int code = aval_open(&options, &machine);
    if (code != AVAL_OK)
        return failed(NULL, "open", code);
    char *document = malloc(DOCUMENT_MAX);
    code = document == NULL ? AVAL_NO_MEMORY : set_up(machine, argv, document);
    free(document);
    if (code == AVAL_OK)
        code = aval_activate(machine, NULL, NULL);
    int outcome = code == AVAL_OK ? 0 : failed(machine, "no lease", code);
    if (outcome == 0) {
        printf("at work\n");
        fflush(stdout);
        outcome = work(machine, &ending);
    }
    aval_close(machine);
    return outcome;
}
