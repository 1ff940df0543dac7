/* Taking a vendor's revocations for all of his products; see revocations.h. */
#include "revocations.h"

#include "base/sentences.h"
#include "state/folder.h"
#include "state/installation.h"

#include <stdlib.h>

struct taking {
    aval_machine *machine;
    struct slice note;
    struct revocations *list; /* room for one */
    size_t installed;
    size_t taken;
    struct result refused; /* why it is none of a product's vendor; the last that says more than another signer */
    struct reason *reason;
};

static RESULT take_for(void *context, const char *name)
{
    struct taking *const taking = context;
    CLEANUP_INSTALLATION struct installation *installation = NULL;
    installation_use(taking->machine, name);
    const struct result loaded = installation_load(taking->machine, name, &installation, taking->reason);
    if (result_code(loaded) == ERR_SIGNER_UNKNOWN)
        return RESULT_OK; /* not of a vendor whom this handle's product trusts */
    TRY(loaded);
    const struct product *const product = &installation->product;
    taking->installed++;
    const struct result opened =
        revocations_open(taking->note, product->vendor_keys, product->vendor_key_count, taking->list);
    if (!is_ok(opened)) {
        if (result_code(opened) != ERR_SIGNER_UNKNOWN || is_ok(taking->refused))
            taking->refused = opened;
        return result_code(opened) == ERR_NO_MEMORY ? opened : RESULT_OK;
    }
    TRY(revocations_store(taking->machine, installation, taking->list, taking->note, taking->reason));
    taking->taken++;
    return RESULT_OK;
}

RESULT revocations_take(aval_machine *machine, struct slice note, size_t *ret_products, struct reason *reason)
{
    struct taking taking = {.machine = machine, .note = note, .refused = RESULT_OK, .reason = reason};
    taking.list = malloc(sizeof *taking.list);
    ENSURE(taking.list != NULL, NO_MEMORY);
    const struct result walked = installation_each(machine, take_for, &taking, reason);
    free(taking.list);
    TRY(walked);
    ENSURE(taking.installed > 0, NO_PRODUCT);
    if (taking.taken == 0 && result_code(taking.refused) == ERR_SIGNER_UNKNOWN)
        return reason_say(reason, taking.refused, _("no product of the vendor who signed it is installed"));
    if (taking.taken == 0)
        return taking.refused;
    *ret_products = taking.taken;
    return RESULT_OK;
}
