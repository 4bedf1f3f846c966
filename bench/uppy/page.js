// Uploads with Uppy as its documentation says, with nothing changed: `uploadWithUppy(endpoint, file)`.
import AwsS3 from "@uppy/aws-s3";
import Uppy from "@uppy/core";

globalThis.uploadWithUppy = async (companionEndpoint, file) => {
  const uppy = new Uppy().use(AwsS3, { companionEndpoint, shouldUseMultipart: true });
  uppy.addFile(file);
  const { successful, failed } = await uppy.upload();
  return { key: successful[0]?.response.body.key, reason: failed[0]?.error };
};
