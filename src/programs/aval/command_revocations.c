/* aval revocations: what a vendor has revoked, told by a person instead of by a host. */
#include "base/sentences.h"
#include "command.h"
#include "core/documents/mailed.h"
#include "terminal/say.h"

static int say_products(const struct arguments *arguments, size_t products)
{
    if (!wants_json(arguments)) {
        say_hint(_("taken for %zu of the installed products; `aval status` says whether a lease has ended by it"),
                 products);
        return EXIT_FINE;
    }
    CLEANUP_REPORT struct report report;
    report_begin(&report, true);
    report_text(&report, "code", NULL, "ok");
    report_number(&report, "products", NULL, products);
    return report_answer(&report, PROGRAM, EXIT_FINE);
}

int run_revocations(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_BUFFER struct buffer text = buffer_make(MAILED_MAX);
    CLEANUP_BUFFER struct buffer document = buffer_make(MAILED_MAX);
    CLEANUP_MACHINE aval_machine *machine = NULL;
    const char *const file = arguments->values[0];
    size_t products = 0;
    int status = EXIT_FINE;
    if (!machine_open(arguments, &machine, &status) || !document_read(arguments, file, &text, &document, &status))
        return status;
    const int code = aval_revocations_install(machine, (const char *)document.data, document.size, &products);
    if (code != AVAL_OK)
        return say_refused(arguments, file, buffer_slice(&text), aval_last_message(machine), code);
    return say_products(arguments, products);
}
