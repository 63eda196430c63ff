// Run by `make clients`; prints a word for each thing that it has seen to work.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"

	minilab "minilab.example/minilab/minilab-client"
)

func check(holds bool, found any) {
	if !holds {
		log.Fatal(found)
	}
}

func must[T any](value T, err error) T {
	check(err == nil, err)
	return value
}

func main() {
	settings := minilab.NewConfiguration()
	settings.Servers = minilab.ServerConfigurations{{URL: os.Args[1]}}
	client := minilab.NewAPIClient(settings)
	ctx := context.WithValue(context.Background(), minilab.ContextAccessToken, os.Args[2])
	picture := must(os.ReadFile(os.Args[3]))

	file := must(os.Open(os.Args[3]))
	ticket, _, err := client.JobsAPI.CreateJob(ctx).Files([]*os.File{file}).UserId("go").Execute()
	check(err == nil, err)
	fmt.Println("uploads")

	job := ticket
	for !job.FinishedAt.IsSet() || job.FinishedAt.Get() == nil {
		job, _, err = client.JobsAPI.GetJob(ctx, ticket.Id).Prefer("wait=30").Execute()
		check(err == nil, err)
	}
	check(job.Status == minilab.STATUS_SUCCEEDED, job)
	fmt.Println("polls")

	imageId := *job.Items[0].ImageId.Get()
	content, _, err := client.ImagesAPI.GetImageContent(ctx, imageId).Execute()
	check(err == nil, err)
	check(bytes.Equal(must(io.ReadAll(content)), picture), "the picture differs")
	fmt.Println("fetches")

	var unknown minilab.Job
	err = json.Unmarshal(must(os.ReadFile(os.Args[4])), &unknown)
	check(err == nil && unknown.Status == minilab.STATUS_UNKNOWN_DEFAULT_OPEN_API, unknown)
	fmt.Println("unknown")

	_, _, err = client.ImagesAPI.GetImage(ctx, "none").Execute()
	failure, isFailure := err.(*minilab.GenericOpenAPIError)
	check(isFailure, err)
	problem, isProblem := failure.Model().(minilab.Problem)
	check(isProblem && problem.Code == minilab.ERRORCODE_NOT_FOUND, failure)
	fmt.Println("problems")
}
