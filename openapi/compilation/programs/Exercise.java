// Run by `make clients`; prints a word for each thing that it has seen to work.
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import minilab.client.ApiClient;
import minilab.client.ApiException;
import minilab.client.api.ImagesApi;
import minilab.client.api.JobsApi;
import minilab.client.model.ErrorCode;
import minilab.client.model.ImageVariant;
import minilab.client.model.Job;
import minilab.client.model.Problem;
import minilab.client.model.Status;

class Exercise {
    static void check(boolean holds, Object found) {
        if (!holds) {
            throw new IllegalStateException(String.valueOf(found));
        }
    }

    public static void main(String[] arguments) throws Exception {
        ApiClient client = new ApiClient();
        client.updateBaseUri(arguments[0]);
        client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + arguments[1]));
        JobsApi jobs = new JobsApi(client);
        ImagesApi images = new ImagesApi(client);
        File picture = new File(arguments[2]);

        var upload = JobsApi.APICreateJobRequest.newBuilder()
                .files(List.of(picture)).userId("java").idempotencyKey("java-1").build();
        Job ticket = jobs.createJob(upload);
        Job again = jobs.createJob(upload);
        check(ticket.getId().equals(again.getId()), again);
        System.out.println("uploads");

        var wait = JobsApi.APIGetJobRequest.newBuilder().jobId(ticket.getId()).prefer("wait=30").build();
        Job job = ticket;
        while (job.getFinishedAt() == null) {
            job = jobs.getJob(wait);
        }
        check(job.getStatus() == Status.SUCCEEDED, job);
        System.out.println("polls");

        String imageId = job.getItems().get(0).getImageId();
        var original = ImagesApi.APIGetImageContentRequest.newBuilder()
                .imageId(imageId).variant(ImageVariant.ORIGINAL).build();
        File content = images.getImageContent(original);
        check(Files.mismatch(content.toPath(), picture.toPath()) == -1, content);
        System.out.println("fetches");

        Job unknown = client.getObjectMapper().readValue(Files.readString(Path.of(arguments[3])), Job.class);
        check(unknown.getStatus() == Status.UNKNOWN_DEFAULT_OPEN_API, unknown);
        System.out.println("unknown");

        try {
            images.getImage(ImagesApi.APIGetImageRequest.newBuilder().imageId("none").build());
            check(false, "an image that does not exist was found");
        } catch (ApiException missing) {
            Problem problem = client.getObjectMapper().readValue(missing.getResponseBody(), Problem.class);
            check(problem.getCode() == ErrorCode.NOT_FOUND && missing.getCode() == 404, problem);
            System.out.println("problems");
        }
    }
}
