variable "project" {
  description = "The id of the project."
  type        = string
}

variable "region" {
  description = "Where Jobs and schedules are: europe-west1 …"
  type        = string
}

variable "bucket_location" {
  description = "Where buckets are: EU, US, or a region."
  type        = string
  default     = "EU"
}

variable "notification_channels" {
  description = "Ids of the Cloud Monitoring channels that alerts go to."
  type        = list(string)
  default     = []
}
