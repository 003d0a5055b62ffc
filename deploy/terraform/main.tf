# What the worker needs in a Google Cloud project: topics, subscriptions, buckets, one service
# account with least roles, the Job, and a schedule for it and for the sweep. It was parsed, never
# applied to a real project.

terraform {
  required_version = ">= 1.7"
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.0"
    }
  }
}

provider "google" {
  project = var.project
  region  = var.region
}

data "google_project" "this" {}

locals {
  # Pub/Sub's own account, which forwards what is dead-lettered.
  pubsub_agent = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
  worker       = "serviceAccount:${google_service_account.worker.email}"
  topics = {
    requests     = "content-requests"
    dead_letters = "content-requests-dead-letters"
    events       = "content-request-events"
  }
  buckets = {
    generated = "${var.project}-generated-content"
    oer       = "${var.project}-oer-content"
    temp      = "${var.project}-temp-files"
  }
}

# --- who the worker is -------------------------------------------------------------------------

resource "google_service_account" "worker" {
  account_id   = "content-worker"
  display_name = "Content worker"
}

resource "google_project_iam_member" "database" {
  project = var.project
  role    = "roles/cloudsql.client"
  member  = local.worker
}

# Signed URLs are signed by the account itself: there is no key.
resource "google_service_account_iam_member" "signs_for_itself" {
  service_account_id = google_service_account.worker.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.worker
}

resource "google_secret_manager_secret" "database_url" {
  secret_id = "content-worker-database-url"
  replication {
    auto {}
  }
}

resource "google_secret_manager_secret_iam_member" "database_url" {
  secret_id = google_secret_manager_secret.database_url.id
  role      = "roles/secretmanager.secretAccessor"
  member    = local.worker
}

# --- messages ----------------------------------------------------------------------------------

resource "google_pubsub_topic" "topic" {
  for_each                   = local.topics
  name                       = each.value
  message_retention_duration = "604800s"
}

resource "google_pubsub_subscription" "worker" {
  name                 = "content-requests-worker"
  topic                = google_pubsub_topic.topic["requests"].id
  ack_deadline_seconds = 60 # the worker extends it
  expiration_policy {
    ttl = ""
  }
  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }
  dead_letter_policy {
    # A backstop: failures are counted in PostgreSQL, and the worker dead-letters by itself.
    dead_letter_topic     = google_pubsub_topic.topic["dead_letters"].id
    max_delivery_attempts = 20
  }
}

# What the broker itself gives up; `sweep` takes it in.
resource "google_pubsub_subscription" "dead_letters" {
  name                 = "content-requests-dead-letters-sweep"
  topic                = google_pubsub_topic.topic["dead_letters"].id
  ack_deadline_seconds = 60
  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_topic_iam_member" "publishes" {
  for_each = google_pubsub_topic.topic
  topic    = each.value.id
  role     = "roles/pubsub.publisher"
  member   = local.worker
}

resource "google_pubsub_subscription_iam_member" "consumes" {
  for_each = {
    worker       = google_pubsub_subscription.worker.id
    dead_letters = google_pubsub_subscription.dead_letters.id
  }
  subscription = each.value
  role         = "roles/pubsub.subscriber"
  member       = local.worker
}

# The preflight reads the subscription and looks whether its topics exist.
resource "google_project_iam_member" "reads_pubsub" {
  project = var.project
  role    = "roles/pubsub.viewer"
  member  = local.worker
}

resource "google_pubsub_topic_iam_member" "broker_dead_letters" {
  topic  = google_pubsub_topic.topic["dead_letters"].id
  role   = "roles/pubsub.publisher"
  member = local.pubsub_agent
}

resource "google_pubsub_subscription_iam_member" "broker_acks_dead_letters" {
  subscription = google_pubsub_subscription.worker.id
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent
}

# --- objects -----------------------------------------------------------------------------------

resource "google_storage_bucket" "bucket" {
  for_each                    = local.buckets
  name                        = each.value
  location                    = var.bucket_location
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  # `sweep` removes by age, too; these hold when nobody sweeps.
  dynamic "lifecycle_rule" {
    for_each = each.key == "temp" ? { "" = 7 } : each.key == "generated" ? { "cache/" = 30 } : {}
    content {
      condition {
        age            = lifecycle_rule.value
        matches_prefix = lifecycle_rule.key == "" ? [] : [lifecycle_rule.key]
      }
      action {
        type = "Delete"
      }
    }
  }
}

resource "google_storage_bucket_iam_member" "objects" {
  for_each = google_storage_bucket.bucket
  bucket   = each.value.name
  role     = each.key == "oer" ? "roles/storage.objectViewer" : "roles/storage.objectUser"
  member   = local.worker
}

# --- schedule ----------------------------------------------------------------------------------

# The Jobs themselves are deployed from deploy/cloud-run-job.yaml by digest, not from here.
resource "google_service_account" "scheduler" {
  account_id   = "content-worker-scheduler"
  display_name = "Starts the content worker's Jobs"
}

resource "google_cloud_run_v2_job_iam_member" "starts" {
  for_each = toset(["content-worker", "content-worker-sweep"])
  name     = each.value
  location = var.region
  role     = "roles/run.invoker"
  member   = "serviceAccount:${google_service_account.scheduler.email}"
}

resource "google_cloud_scheduler_job" "starts" {
  for_each = {
    content-worker       = "*/5 * * * *"
    content-worker-sweep = "*/15 * * * *"
  }
  name     = each.key
  schedule = each.value
  http_target {
    http_method = "POST"
    uri         = "https://run.googleapis.com/v2/projects/${var.project}/locations/${var.region}/jobs/${each.key}:run"
    oauth_token {
      service_account_email = google_service_account.scheduler.email
    }
  }
}
