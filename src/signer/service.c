/* The signer's process as a service; see service.h. */
#include "signer/service.h"

#include "signer/client.h"

static RESULT start_process(const struct signer_service *service, void **ret_signer)
{
    struct signer *signer = NULL;
    TRY(signer_start(service->folder, &signer));
    *ret_signer = signer;
    return RESULT_OK;
}

static void stop_process(void *signer)
{
    signer_stop(signer);
}

static RESULT append(void *signer, const char *origin, const struct leaf_run *run, struct buffer *out)
{
    return signer_append(signer, origin, run, out);
}

static RESULT last(void *signer, const char *origin, struct checkpoint *ret_checkpoint)
{
    return signer_last(signer, origin, ret_checkpoint);
}

struct signer_service signer_process(const char *folder)
{
    return (struct signer_service){
        .folder = folder, .start = start_process, .stop = stop_process, .append = append, .last = last};
}
