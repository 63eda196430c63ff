module example.com/receiver

go 1.19

require github.com/standard-webhooks/standard-webhooks/libraries v0.0.1

replace github.com/standard-webhooks/standard-webhooks/libraries => ./offline
